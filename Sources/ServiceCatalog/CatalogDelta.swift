package import DNSWire

/// What one change, or a batch of them, did to the catalog.
package struct CatalogDelta: Sendable {
    /// The index after it.
    package var index: CatalogIndex
    package var events: [CatalogEvent]
    /// Services whose instances, their health or their addresses changed; as registered.
    package var services: Set<String>
    /// Nodes that changed, or whose instances or checks did; as registered.
    package var nodes: Set<String>
    /// Addresses whose nodes, services or companions came or went.
    package var addresses: Set<IPAddress>
    /// True when instances came, went or changed: what the list of services shows.
    package var changesServiceList: Bool
    /// True when nodes came, went or changed.
    package var changesNodeList: Bool
    /// True when a check came, went or changed.
    package var changesChecks: Bool
    /// True when a session came or went.
    package var changesSessions = false
    /// True when a prepared query came, went or changed.
    package var changesPreparedQueries = false
    /// True when an access policy came, went or changed.
    package var changesAccessPolicies = false
    /// True when an access token came, went or changed.
    package var changesAccessTokens = false
    /// For how many milliseconds nobody gets these locks: their session ended.
    package var lockDelays: [LockDelay] = []
    /// What a transaction read and wrote; of this change alone.
    package var results: [TransactionResult] = []
    /// What a transaction that is taken back needs to know of vanished records; nil outside one.
    var vanished: Catalog.VanishedRecords?

    /// A lock whose session ended.
    package struct LockDelay: Hashable, Sendable {
        package var key: String
        package var milliseconds: Int
    }

    package init(index: CatalogIndex) {
        self.index = index
        self.events = []
        self.services = []
        self.nodes = []
        self.addresses = []
        self.changesServiceList = false
        self.changesNodeList = false
        self.changesChecks = false
    }

    package var isEmpty: Bool { events.isEmpty }

    /// True when nothing but keys and access changed: neither DNS nor health is concerned.
    package var concernsOnlyKeys: Bool {
        !changesServiceList && !changesNodeList && !changesChecks && !changesSessions
            && !changesPreparedQueries
    }

    /// Adds a later delta to this one.
    package mutating func merge(_ later: CatalogDelta) {
        index = max(index, later.index)
        events += later.events
        services.formUnion(later.services)
        nodes.formUnion(later.nodes)
        addresses.formUnion(later.addresses)
        changesServiceList = changesServiceList || later.changesServiceList
        changesNodeList = changesNodeList || later.changesNodeList
        changesChecks = changesChecks || later.changesChecks
        changesSessions = changesSessions || later.changesSessions
        changesPreparedQueries = changesPreparedQueries || later.changesPreparedQueries
        changesAccessPolicies = changesAccessPolicies || later.changesAccessPolicies
        changesAccessTokens = changesAccessTokens || later.changesAccessTokens
        lockDelays += later.lockDelays
    }
}

extension CatalogDelta {
    /// Records `event` and all that it touches by itself.
    mutating func note(_ event: CatalogEvent) {
        events.append(event)
        switch event {
        case .node(let old, let new):
            changesNodeList = true
            for node in [old, new] { if let node { nodes.insert(node.name) } }
        case .instance(let old, let new):
            changesServiceList = true
            for instance in [old, new] {
                guard let instance else { continue }
                services.insert(instance.service)
                nodes.insert(instance.node)
            }
        case .check(let old, let new):
            changesChecks = true
            for check in [old, new] {
                guard let check else { continue }
                nodes.insert(check.node)
                if !check.serviceName.isEmpty { services.insert(check.serviceName) }
            }
        case .keyValue: break
        case .session: changesSessions = true
        case .preparedQuery: changesPreparedQueries = true
        case .accessPolicy: changesAccessPolicies = true
        case .accessToken: changesAccessTokens = true
        }
    }
}
