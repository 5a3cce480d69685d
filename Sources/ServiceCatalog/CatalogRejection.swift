/// Why a change was not applied; the catalog is as before.
package enum CatalogRejection: Error, Hashable, Sendable {
    case unknownNode(String)
    case unknownInstance(InstanceKey)
    case unknownCheck(CheckKey)
    /// Another node has this id (a UUID) already.
    case nodeIDTaken(id: String, by: String)
    /// A removal came too late: its condition no longer holds.
    case conditionFailed
    /// The catalog or the service is full.
    case limitReached(what: String, limit: Int)
}

extension CatalogRejection: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownNode(let name): "unknown node \"\(name)\""
        case .unknownInstance(let key): "unknown instance \"\(key.id)\" on node \"\(key.node)\""
        case .unknownCheck(let key): "unknown check \"\(key.id)\" on node \"\(key.node)\""
        case .nodeIDTaken(let id, let other): "node id \(id) belongs to node \"\(other)\""
        case .conditionFailed: "the condition of the removal no longer holds"
        case .limitReached(let what, let limit): "at most \(limit) \(what) are allowed"
        }
    }
}
