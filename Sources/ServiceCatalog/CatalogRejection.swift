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
    /// The session is unknown or has ended.
    case invalidSession(String)
    /// A session must not depend on a check that is critical.
    case checkIsCritical(CheckKey)
    /// Another prepared query has this name already.
    case preparedQueryNameTaken(String)
    /// A prepared query's name must not be the id of one.
    case preparedQueryNameIsID(String)
    case unknownPreparedQuery(String)
    /// Another access policy has this name already.
    case accessPolicyNameTaken(String)
    case unknownAccessPolicy(String)
    /// Another access token has this secret already.
    case accessTokenTaken
    case unknownAccessToken(String)
    /// Operations of a transaction failed, so none was done.
    case transactionFailed([TransactionFailure])
}

/// Why one operation of a transaction failed.
package struct TransactionFailure: Hashable, Sendable {
    /// Its position in the transaction, from 0.
    package var operation: Int
    /// What is wrong, for the client.
    package var message: String

    package init(operation: Int, message: String) {
        self.operation = operation
        self.message = message
    }
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
        case .invalidSession(let id): "invalid session \"\(id)\""
        case .checkIsCritical(let key): "Check '\(key.id)' is in critical state"
        case .preparedQueryNameTaken(let name):
            name.isEmpty
                ? "a query template with an empty name already exists"
                : "name '\(name)' aliases an existing query name"
        case .preparedQueryNameIsID(let name): "name '\(name)' aliases an existing query ID"
        case .unknownPreparedQuery(let id): "unknown prepared query \"\(id)\""
        case .accessPolicyNameTaken(let name): "a policy with name \"\(name)\" already exists"
        case .unknownAccessPolicy(let id): "unknown policy \"\(id)\""
        case .accessTokenTaken: "the secret of the token is in use already"
        case .unknownAccessToken(let id): "unknown token \"\(id)\""
        case .transactionFailed(let failures):
            failures.map { "operation \($0.operation): \($0.message)" }.joined(separator: "; ")
        }
    }
}
