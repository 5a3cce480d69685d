/// One step of a transaction.
package enum TransactionOperation: Codable, Hashable, Sendable {
    case keyValue(KeyValueOperation)
    case node(RecordVerb, Node)
    case service(RecordVerb, ServiceInstance)
    case check(RecordVerb, HealthCheck)
    case endSession(id: String)

    /// What can be done with a node, an instance or a check.
    package enum RecordVerb: String, Codable, Hashable, Sendable {
        case get
        case set
        /// Only if it was last changed at the record's `modifyIndex`; 0: only if it is not there.
        case compareAndSet
        case delete
        /// Only if it was last changed at the record's `modifyIndex`.
        case compareAndDelete
    }

    /// What can be done with keys.
    package enum KeyValueOperation: Codable, Hashable, Sendable {
        case change(KeyValueChange)
        /// Fails when the key is not there.
        case get(key: String)
        case getTree(prefix: String)
        case getOrEmpty(key: String)
        /// Fails unless the key was last changed at `index`.
        case checkIndex(key: String, index: CatalogIndex)
        /// Fails unless the session holds the key.
        case checkSession(key: String, session: String)
        case checkNotExists(key: String)
    }

    /// True when nothing can change by it.
    package var isRead: Bool {
        switch self {
        case .keyValue(.change), .endSession: false
        case .keyValue: true
        case .node(let verb, _), .service(let verb, _), .check(let verb, _): verb == .get
        }
    }
}
