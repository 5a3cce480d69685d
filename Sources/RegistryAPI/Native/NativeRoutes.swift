internal import HTTPTypes
internal import Hummingbird
internal import ServiceCatalog

/// Adds the routes of Rollcall's own API.
func addNativeRoutes(to routes: inout RouteTable, context api: APIContext) {
    let native = NativeAPI(api: api)
    routes.get("/", native.open { try native.index() })
    routes.get("/health", native.open { try native.health() })
    routes.get("/ready", native.open { try native.ready() })
    routes.post("/register", native.asking { try await native.register($0, $1, $2) })
    let heartbeat = native.asking { try await native.heartbeat($0, $1, $2) }
    routes.put("/heartbeat/{instance_id}", heartbeat)
    routes.post("/heartbeat/{instance_id}", heartbeat)
    routes.delete(
        "/instances/{instance_id}",
        native.asking {
            try await native.deregister($0, $1, $2)
        }
    )
    routes.get("/services", native.asking { try await native.services($0, $1, $2) })
    routes.get("/services/{service}", native.asking { try await native.instances($0, $1, $2) })
    routes.get("/services/{service}/watch", native.asking { try await native.watch($0, $1, $2) })
    routes.post("/import", native.asking { try await native.importLines($0, $1, $2) })
    routes.get(
        "/metrics",
        native.asking { _, _, authorizer in
            try authorizer.require(.agentRead(api.identity.nodeName))
            return native.metrics()
        }
    )
}

/// The handlers of Rollcall's own API.
struct NativeAPI: Sendable {
    let api: APIContext

    var rules: RegistrationRules { RegistrationRules(.native, limits: api.limits) }

    /// A handler that is told what the request's token may do.
    typealias AskingHandler =
        @Sendable (Request, APIRequestContext, Authorizer) async throws -> Response

    /// A route that takes no token.
    func open(_ answer: @escaping @Sendable () throws -> Response) -> RouteTable.Handler {
        { _, _ in try answer() }
    }

    /// A route whose handler asks the token's authorizer.
    func asking(_ handler: @escaping AskingHandler) -> RouteTable.Handler {
        { try await handler($0, $1, authorizer(of: $0)) }
    }

    /// What the token of a request may do now.
    ///
    /// - Throws: `AccessDenial` when there is no such token.
    func authorizer(of request: Request) throws -> Authorizer {
        guard api.access.isEnabled else { return .unrestricted }
        let secret = RequestToken.secret(try QueryParameters(request), request.headers)
        return try api.access.authorizer(for: secret, in: api.keeper)
    }

    static let indexHeader = HTTPField.Name("X-Rollcall-Index")

    /// The header that tells which index a response shows.
    static func headers(index: CatalogIndex) -> HTTPFields {
        var headers: HTTPFields = [:]
        if let indexHeader { headers[indexHeader] = String(index) }
        return headers
    }
}
