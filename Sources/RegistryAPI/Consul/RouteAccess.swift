internal import ServiceCatalog

/// What a route takes of the request's token before its handler runs.
enum RouteAccess: Sendable {
    /// Nothing: the answer tells nothing that needs keeping.
    case open
    /// The permission, always.
    case requires(@Sendable (ConsulAPI, ConsulRequest) -> Permission)
    /// The handler leaves out what may not be read, or asks when it knows what the body is about.
    case inHandler

    /// A permission on the name at the end of the path, such as `.onName(Permission.eventWrite)`.
    static func onName(_ permission: @escaping @Sendable (String) -> Permission) -> RouteAccess {
        .requires { permission($1.name) }
    }

    /// A permission on the node that this server is, such as `.onAgent(Permission.agentRead)`.
    static func onAgent(_ permission: @escaping @Sendable (String) -> Permission) -> RouteAccess {
        .requires { consul, _ in permission(consul.localNode) }
    }

    /// - Throws: `APIError` when the token lacks the permission.
    func check(_ request: ConsulRequest, _ consul: ConsulAPI) throws(APIError) {
        switch self {
        case .open, .inHandler: return
        case .requires(let permission):
            guard !request.authorizer.allowsEverything else { return }
            try request.authorizer.require(permission(consul, request))
        }
    }
}
