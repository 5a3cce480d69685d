package import DNSWire

/// Nodes, services, instances, checks and leases, as a deterministic state machine.
///
/// A value: no clock, no I/O. Names of nodes and services are found in any letter case.
package struct Catalog: Sendable {
    /// The datacenter whose catalog it is.
    package let datacenter: String
    /// What it refuses to hold more of.
    package let limits: CatalogLimits
    /// The index of the last change that changed something; at least 1, which is what clients
    /// of blocking queries need to start from.
    package internal(set) var index: CatalogIndex = 1
    /// The index of the last change to any service's instances, or to their list.
    package internal(set) var serviceListIndex: CatalogIndex = 1
    /// The index of the last change to any node.
    package internal(set) var nodeListIndex: CatalogIndex = 1
    /// The index of the last change to any check.
    package internal(set) var checksIndex: CatalogIndex = 1
    /// The index of the last disappearance of a whole service: absent services have this index, so
    /// that an index never moves backwards.
    package internal(set) var extinctionIndex: CatalogIndex = 1
    /// The index of the last change to any session.
    package internal(set) var sessionsIndex: CatalogIndex = 1
    /// The index of the last change to any prepared query.
    package internal(set) var preparedQueriesIndex: CatalogIndex = 1
    /// The index of the last change to any access policy.
    package internal(set) var accessPoliciesIndex: CatalogIndex = 1
    /// The index of the last change to any access token.
    package internal(set) var accessTokensIndex: CatalogIndex = 1
    package internal(set) var instanceCount = 0
    package internal(set) var checkCount = 0

    var nodeRecords: [String: NodeRecord] = [:]
    var serviceRecords: [String: ServiceRecord] = [:]
    var owners: [IPAddress: AddressOwners] = [:]
    /// The folded name of the node that has a UUID.
    var nodesByID: [String: String] = [:]
    var keys = KeyTable()
    /// By folded id, as the ids below.
    var sessionRecords: [String: Session] = [:]
    var sessionsByNode: [String: Set<String>] = [:]
    /// The sessions that depend on a check, whose node's name is folded.
    var sessionsByCheck: [CheckKey: Set<String>] = [:]
    var queryRecords: [String: PreparedQuery] = [:]
    var queryNames = PreparedQueryNames()
    var policyRecords: [String: AccessPolicy] = [:]
    /// The id of the access policy that has a name.
    var policiesByName: [String: String] = [:]
    var tokenRecords: [String: AccessToken] = [:]
    /// The accessor id of the access token that has a secret.
    var tokensBySecret: [String: String] = [:]

    package init(datacenter: String, limits: CatalogLimits = CatalogLimits()) {
        self.datacenter = datacenter
        self.limits = limits
    }

    /// A node and all that is on it.
    struct NodeRecord: Sendable {
        var node: Node
        var instances: [String: ServiceInstance] = [:]
        var checks: [String: HealthCheck] = [:]
        /// Ids of the checks of each instance; the checks of the node itself are under "".
        var checkIDs: [String: [String]] = [:]
        /// The index of the last change to the node or to anything on it.
        var modifyIndex: CatalogIndex
    }

    /// A service and where its instances are.
    struct ServiceRecord: Sendable {
        /// As first registered.
        var name: String
        /// In order of node name, then instance id.
        var instances: [InstanceKey]
        var modifyIndex: CatalogIndex
    }

    /// Who has an address: counts, so that an address that thousands share costs no more than
    /// another.
    package struct AddressOwners: Sendable {
        /// Folded names of nodes with the address.
        package internal(set) var nodes: [String: Int] = [:]
        /// Folded names of services, with how many instances have the address as their own.
        package internal(set) var services: [String: Int] = [:]
        /// Addresses of the other family that the same owners have.
        package internal(set) var companions: [IPAddress: Int] = [:]

        var isEmpty: Bool { nodes.isEmpty && services.isEmpty }
    }

    /// The form of a node's or service's name that it is filed under.
    package static func fold(_ name: String) -> String { name.lowercased() }
}

// MARK: - Nodes

extension Catalog {
    package var nodeCount: Int { nodeRecords.count }

    /// All nodes in order of name.
    package var nodes: [Node] {
        nodeRecords.values.map(\.node).sorted { $0.name < $1.name }
    }

    package func node(_ name: String) -> Node? {
        nodeRecords[Self.fold(name)]?.node
    }

    /// The node with a UUID.
    package func node(id: String) -> Node? {
        nodesByID[Self.fold(id)].flatMap { nodeRecords[$0]?.node }
    }

    /// The index of the last change to a node or to anything on it; for an unknown one that of the
    /// list.
    package func nodeIndex(_ name: String) -> CatalogIndex {
        nodeRecords[Self.fold(name)]?.modifyIndex ?? nodeListIndex
    }

    /// The instances on a node in order of id.
    package func instances(onNode name: String) -> [ServiceInstance] {
        guard let record = nodeRecords[Self.fold(name)] else { return [] }
        return record.instances.values.sorted { $0.id < $1.id }
    }

    /// The checks on a node in order of id, those of its instances included.
    package func checks(onNode name: String) -> [HealthCheck] {
        guard let record = nodeRecords[Self.fold(name)] else { return [] }
        return record.checks.values.sorted { $0.id < $1.id }
    }

    /// The checks of a node itself in order of id.
    package func nodeChecks(_ name: String) -> [HealthCheck] {
        checks(ofInstance: InstanceKey(node: name, id: ""))
    }

    package func owners(of address: IPAddress) -> AddressOwners? { owners[address] }

    /// All addresses that nodes and instances have.
    package var addresses: some Collection<IPAddress> { owners.keys }
}

// MARK: - Services

extension Catalog {
    package var serviceCount: Int { serviceRecords.count }

    /// The names of all services, in order.
    package var serviceNames: [String] { serviceRecords.values.map(\.name).sorted() }

    /// The service's name as first registered.
    package func serviceName(_ name: String) -> String? {
        serviceRecords[Self.fold(name)]?.name
    }

    /// True when the service has an instance.
    package func hasService(_ name: String) -> Bool {
        serviceRecords[Self.fold(name)] != nil
    }

    /// The index of the last change to a service's instances, their checks or their nodes; for an
    /// unknown one that of the last disappearance of any service.
    package func serviceIndex(_ name: String) -> CatalogIndex {
        serviceRecords[Self.fold(name)]?.modifyIndex ?? extinctionIndex
    }

    /// The instances of a service in order of node name, then instance id.
    package func instances(ofService name: String) -> [ServiceInstance] {
        guard let record = serviceRecords[Self.fold(name)] else { return [] }
        return record.instances.compactMap { instance($0) }
    }

    package func instance(_ key: InstanceKey) -> ServiceInstance? {
        nodeRecords[Self.fold(key.node)]?.instances[key.id]
    }

    /// The tags that instances of the service have, each once, in order.
    package func tags(ofService name: String) -> [String] {
        Set(instances(ofService: name).flatMap(\.tags)).sorted()
    }
}

// MARK: - Checks

extension Catalog {
    package func check(_ key: CheckKey) -> HealthCheck? {
        nodeRecords[Self.fold(key.node)]?.checks[key.id]
    }

    /// The checks of an instance alone, in order of id.
    package func checks(ofInstance key: InstanceKey) -> [HealthCheck] {
        guard let record = nodeRecords[Self.fold(key.node)] else { return [] }
        return (record.checkIDs[key.id] ?? []).compactMap { record.checks[$0] }
    }

    /// The checks that decide about an instance: its node's, then its own.
    package func decidingChecks(_ key: InstanceKey) -> [HealthCheck] {
        let ofNode = checks(ofInstance: InstanceKey(node: key.node, id: ""))
        return key.id.isEmpty ? ofNode : ofNode + checks(ofInstance: key)
    }

    /// The worst of the deciding checks; passing without any.
    package func health(_ key: InstanceKey) -> HealthStatus {
        guard let record = nodeRecords[Self.fold(key.node)] else { return .passing }
        var worst = HealthStatus.passing
        for owner in key.id.isEmpty ? [""] : ["", key.id] {
            for id in record.checkIDs[owner] ?? [] {
                if let check = record.checks[id] { worst = max(worst, check.status) }
            }
        }
        return worst
    }

    /// All checks in order of node, then id; the instances' and the nodes' own.
    package var checks: [HealthCheck] {
        nodeRecords.values.sorted { $0.node.name < $1.node.name }
            .flatMap { $0.checks.values.sorted { $0.id < $1.id } }
    }

    /// How many checks have each status.
    package var checkCounts: [HealthStatus: Int] {
        var counts: [HealthStatus: Int] = [:]
        for record in nodeRecords.values {
            for check in record.checks.values { counts[check.status, default: 0] += 1 }
        }
        return counts
    }
}
