package import DNSWire

/// Nodes, services, instances, checks and leases, as a deterministic state machine.
///
/// A value: no clock, no I/O. Names of nodes and services are found in any letter case.
package struct Catalog: Sendable {
    /// The datacenter whose catalog it is.
    package let datacenter: String
    /// What it refuses to hold more of.
    ///
    /// In a cluster those of the server that a change came through, so that all servers judge alike.
    package var limits: CatalogLimits
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
    /// How many checks have each status.
    package internal(set) var checkCounts: [HealthStatus: Int] = [:]

    var nodeRecords = HashTrie<String, NodeRecord>()
    var serviceRecords = HashTrie<String, ServiceRecord>()
    var owners = AddressTable()
    /// The folded name of the node that has a UUID.
    var nodesByID = HashTrie<String, String>()
    var keys = KeyTable()
    /// By folded id, as the ids below.
    var sessionRecords = HashTrie<String, Session>()
    var sessionsByNode = HashTrie<String, Set<String>>()
    /// The sessions that depend on a check, whose node's name is folded.
    var sessionsByCheck = HashTrie<CheckKey, Set<String>>()
    var queryRecords = HashTrie<String, PreparedQuery>()
    var queryNames = PreparedQueryNames()
    var policyRecords = HashTrie<String, AccessPolicy>()
    /// The id of the access policy that has a name.
    var policiesByName = HashTrie<String, String>()
    var tokenRecords = HashTrie<String, AccessToken>()
    /// The accessor id of the access token that has a secret.
    var tokensBySecret = HashTrie<String, String>()

    package init(datacenter: String, limits: CatalogLimits = CatalogLimits()) {
        self.datacenter = datacenter
        self.limits = limits
    }

    /// The form of a node's or service's name that it is filed under.
    ///
    /// Cost: a name that is in this form already is given back as it is.
    package static func fold(_ name: String) -> String {
        // The bytes in one piece: a tenth of what the view's own iterator takes.
        let isFolded = unsafe name.utf8.withContiguousStorageIfAvailable { bytes in
            unsafe bytes.allSatisfy { $0 < 0x80 && !(0x41...0x5A).contains($0) }
        }
        return isFolded == true ? name : name.lowercased()
    }
}

// MARK: - Nodes

extension Catalog {
    package var nodeCount: Int { nodeRecords.count }

    /// All nodes in order of name.
    package var nodes: [Node] {
        nodeRecords.map { $1.node }.sorted { $0.name < $1.name }
    }

    package func node(_ name: String) -> Node? {
        nodeRecords.read(Self.fold(name)) { $0.node }
    }

    /// The node with a UUID.
    package func node(id: String) -> Node? {
        nodesByID[Self.fold(id)].flatMap { nodeRecords.read($0) { $0.node } }
    }

    /// The index of the last change to a node or to anything on it; for an unknown one that of the
    /// list.
    package func nodeIndex(_ name: String) -> CatalogIndex {
        nodeRecords.read(Self.fold(name)) { $0.modifyIndex } ?? nodeListIndex
    }

    /// The instances on a node in order of id.
    package func instances(onNode name: String) -> [ServiceInstance] {
        guard let record = nodeRecords[Self.fold(name)] else { return [] }
        return record.instances.values.sorted { $0.id < $1.id }
    }

    /// Calls `body` with each instance on a node, in no order.
    package func forEachInstance(onNode name: String, _ body: (ServiceInstance) -> Void) {
        nodeRecords.read(Self.fold(name)) { $0.instances.forEach { body($1) } }
    }

    /// Calls `body` with each instance there is, in no order.
    package func forEachInstance(_ body: (ServiceInstance) -> Void) {
        nodeRecords.forEach { $1.instances.forEach { body($1) } }
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

    package func owners(of address: IPAddress) -> AddressOwners? { owners.owners(of: address) }

    /// Addresses of the other family that the owners of `address` have, in order; nil when nobody
    /// has it.
    package func companions(of address: IPAddress) -> [IPAddress]? {
        owners.companions(of: address)
    }

    /// All addresses that nodes and instances have, in no order.
    package var addresses: [IPAddress] { owners.all }
}

// MARK: - Services

extension Catalog {
    package var serviceCount: Int { serviceRecords.count }

    /// The names of all services, in order.
    package var serviceNames: [String] { serviceRecords.map { $1.name }.sorted() }

    /// How many instances a service has.
    package func instanceCount(ofService name: String) -> Int {
        serviceRecords.read(Self.fold(name)) { $0.members.count } ?? 0
    }

    /// The service's name as first registered.
    package func serviceName(_ name: String) -> String? {
        serviceRecords.read(Self.fold(name)) { $0.name }
    }

    /// True when the service has an instance.
    package func hasService(_ name: String) -> Bool {
        serviceRecords.read(Self.fold(name)) { _ in true } != nil
    }

    /// The index of the last change to a service's instances, their checks or their nodes; for an
    /// unknown one that of the last disappearance of any service.
    package func serviceIndex(_ name: String) -> CatalogIndex {
        serviceRecords.read(Self.fold(name)) { $0.modifyIndex } ?? extinctionIndex
    }

    /// The instances of a service in order of node name, then instance id.
    package func instances(ofService name: String) -> [ServiceInstance] {
        serviceRecords[Self.fold(name)]?.members.map(\.instance) ?? []
    }

    package func instance(_ key: InstanceKey) -> ServiceInstance? {
        nodeRecords.read(Self.fold(key.node)) { $0.instances[key.id] } ?? nil
    }

    /// Calls `body` with each instance of a service in order of node name, then instance id, with
    /// its node and the worst of the checks that decide about it.
    ///
    /// Why: who looks at all instances of a service needs all three. Cost: one look-up for each run
    /// of instances on one node, none for an instance.
    package func forEachInstance(
        ofService name: String,
        _ body: (ServiceInstance, Node, HealthStatus) -> Void
    ) {
        var current: (node: Node, health: HealthStatus)?
        for member in serviceRecords[Self.fold(name)]?.members ?? [] {
            if current?.node.name != member.instance.node {
                current = nodeRecords.read(Self.fold(member.instance.node)) {
                    ($0.node, $0.health)
                }
            }
            guard let current else { continue }
            body(member.instance, current.node, max(current.health, member.health))
        }
    }

    /// The tags that instances of the service have, each once, in order.
    package func tags(ofService name: String) -> [String] {
        var tags: Set<String> = []
        for member in serviceRecords[Self.fold(name)]?.members ?? []
        where member.instance.hasExtras { tags.formUnion(member.instance.tags) }
        return tags.sorted()
    }
}

// MARK: - Checks

extension Catalog {
    package func check(_ key: CheckKey) -> HealthCheck? {
        nodeRecords.read(Self.fold(key.node)) { $0.checks[key.id] } ?? nil
    }

    /// The checks of an instance alone, in order of id.
    package func checks(ofInstance key: InstanceKey) -> [HealthCheck] {
        nodeRecords.read(Self.fold(key.node)) { record in
            guard !record.checkIDs.isEmpty, let ids = record.checkIDs[key.id] else { return [] }
            let checks = record.checks
            return ids.compactMap { checks[$0] }
        } ?? []
    }

    /// The checks that decide about an instance: its node's, then its own.
    package func decidingChecks(_ key: InstanceKey) -> [HealthCheck] {
        let ofNode = checks(ofInstance: InstanceKey(node: key.node, id: ""))
        return key.id.isEmpty ? ofNode : ofNode + checks(ofInstance: key)
    }

    /// The worst of the deciding checks; passing without any.
    package func health(_ key: InstanceKey) -> HealthStatus {
        nodeRecords.read(Self.fold(key.node)) { record in
            key.id.isEmpty
                ? record.health : max(record.health, record.health(ofInstance: key.id))
        } ?? .passing
    }

    /// All checks in order of node, then id; the instances' and the nodes' own.
    package var checks: [HealthCheck] {
        nodeRecords.values.sorted { $0.node.name < $1.node.name }
            .flatMap { $0.checks.values.sorted { $0.id < $1.id } }
    }
}
