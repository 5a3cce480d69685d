/// What holds locks: it lives as long as its node, its checks and its TTL.
package struct Session: Codable, Hashable, Sendable {
    /// What becomes of the keys that a session holds when it ends.
    package enum Behavior: String, Codable, Hashable, Sendable {
        /// They stay, unlocked.
        case release
        case delete
    }

    /// A UUID.
    package var id: String
    package var name: String
    package var node: String
    /// For so long after the session's end nobody gets the locks that it held.
    package var lockDelayMilliseconds: Int
    package var behavior: Behavior
    /// It ends unless it is renewed within this time; nil: it needs no renewal.
    package var ttlMilliseconds: Int?
    /// The same as its owner wrote it, which is what its owner reads back.
    package var ttlText: String
    /// Ids of checks of its node; it ends when one is critical or gone.
    package var nodeChecks: [String]
    /// Ids of checks of instances on its node; as for `nodeChecks`.
    package var serviceChecks: [String]
    package var createIndex: CatalogIndex
    package var modifyIndex: CatalogIndex

    package init(
        id: String,
        name: String = "",
        node: String,
        lockDelayMilliseconds: Int = 15_000,
        behavior: Behavior = .release,
        ttlMilliseconds: Int? = nil,
        ttlText: String = "",
        nodeChecks: [String] = [],
        serviceChecks: [String] = []
    ) {
        self.id = id
        self.name = name
        self.node = node
        self.lockDelayMilliseconds = lockDelayMilliseconds
        self.behavior = behavior
        self.ttlMilliseconds = ttlMilliseconds
        self.ttlText = ttlText
        self.nodeChecks = nodeChecks
        self.serviceChecks = serviceChecks
        self.createIndex = 0
        self.modifyIndex = 0
    }

    /// The ids of all checks that it depends on, each once.
    package var checkIDs: Set<String> { Set(nodeChecks).union(serviceChecks) }
}
