/// Why somebody may not do something, in Consul's words, which clients match on.
package enum AccessDenial: Error, Hashable, Sendable {
    /// The token lacks a permission.
    case lacks(Permission, accessorID: String)
    /// No token has the secret that was sent.
    case unknownToken
}

extension AccessDenial: CustomStringConvertible {
    package var description: String {
        switch self {
        case .lacks(let permission, Authorizer.anonymousAccessorID):
            "Permission denied: anonymous token lacks permission \(permission)."
                + " The anonymous token is used implicitly when a request does not specify a token."
        case .lacks(let permission, let accessorID):
            "Permission denied: token with AccessorID '\(accessorID)' lacks permission"
                + " \(permission)"
        case .unknownToken: "ACL not found"
        }
    }
}
