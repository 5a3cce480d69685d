internal import HTTPTypes
internal import Hummingbird
internal import ServiceCatalog

/// Adds the routes of Rollcall's own API.
func addNativeRoutes(to routes: inout RouteTable, context api: APIContext) {
    let native = NativeAPI(api: api)
    routes.get("/", native.open { try native.index() })
    routes.get("/health", native.open { try native.health() })
    routes.get("/ready", native.open { try native.ready() })
    routes.post(
        "/register",
        native.asking { request, context, authorizer in
            let body = try await context.body(of: request)
            return try await native.register(body, authorizer).carryOut(in: api.log).response
        }
    )
    let heartbeat = native.asking { request, context, authorizer in
        let id = try context.pathParameter("instance_id")
        let query = try QueryParameters(request)
        return try await api.lookingTwice { try native.heartbeat(id, query, authorizer) }
            .carryOut(in: api.log).response
    }
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
    routes.get(
        "/explain",
        native.asking { request, _, authorizer in
            try native.explain(request, authorizer)
        }
    )
    routes.post("/import", native.asking { try await native.importLines($0, $1, $2) })
    routes.get(
        "/cluster",
        native.asking { _, _, authorizer in
            try authorizer.require(.agentRead(api.identity.nodeName))
            return try await native.cluster()
        }
    )
    routes.get(
        "/metrics",
        native.asking { _, _, authorizer in
            try authorizer.require(.agentRead(api.identity.nodeName))
            return native.metrics()
        }
    )
}

/// Adds the same routes of registrations and heartbeats to those that are answered at once.
func addNativeRoutes(to routes: inout DirectRoutes, context api: APIContext) {
    let native = NativeAPI(api: api)
    routes.add(.post, "/register", .native) { request in
        try native.register(request.body, native.authorizer(of: request))
    }
    for method in [HTTPRequest.Method.put, .post] {
        routes.add(method, "/heartbeat/", .native) { request in
            try native.heartbeat(
                request.name,
                QueryParameters(request.query),
                native.authorizer(of: request)
            )
        }
    }
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

    func authorizer(of request: DirectRoutes.DirectRequest) throws -> Authorizer {
        guard api.access.isEnabled else { return .unrestricted }
        let secret = RequestToken.secret(try QueryParameters(request.query), request.headers)
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
