internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import ServiceCatalog

/// The paths of Consul's API that this server has, and what answers them.
struct ConsulRoutes: Sendable {
    typealias Handler = @Sendable (ConsulAPI, ConsulRequest) async throws -> ConsulReply

    struct Route: Sendable {
        var method: HTTPRequest.Method
        /// The path below `/v1/`; after a `/` at its end a name follows, which may have slashes.
        var path: String
        /// What the token of a request must allow.
        var access: RouteAccess
        /// True: a whole catalog may come.
        var takesSnapshot = false
        var handler: Handler
        /// What a registration or a heartbeat comes to; nil: the handler does it all.
        var plan: Plan?
    }

    typealias Plan = @Sendable (ConsulAPI, ConsulRequest) throws -> PlannedWrite

    static let all: [Route] =
        agent + catalog + health + operation + preparedQueries + accessControl + keyValue + sessions
        + events

    private static let agent: [Route] = [
        get("agent/self", .onAgent(Permission.agentRead)) { try $0.agentSelf($1) },
        get("agent/members", .inHandler) { try $0.agentMembers($1) },
        get("agent/services", .inHandler) { try $0.agentServices($1) },
        get("agent/service/", .inHandler) { try await $0.agentService($1) },
        write("agent/service/register") { try $0.registerService($1) },
        write("agent/service/deregister/") { try $0.deregisterService($1) },
        put("agent/service/maintenance/", .inHandler) { try await $0.maintainService($1) },
        put("agent/maintenance", .onAgent(Permission.nodeWrite)) { try await $0.maintainNode($1) },
        get("agent/checks", .inHandler) { try $0.agentChecks($1) },
        put("agent/check/register", .inHandler) { try await $0.registerCheck($1) },
        put("agent/check/deregister/", .inHandler) { try await $0.deregisterCheck($1) },
        write("agent/check/pass/") { try $0.reportCheck($1, .passing) },
        write("agent/check/warn/") { try $0.reportCheck($1, .warning) },
        write("agent/check/fail/") { try $0.reportCheck($1, .critical) },
        write("agent/check/update/") { try $0.updateCheck($1) },
        get("agent/health/service/id/", .inHandler) { try $0.agentHealthOfInstance($1) },
        get("agent/health/service/name/", .onName(Permission.serviceRead)) {
            try $0.agentHealthOfService($1)
        },
    ]

    private static let catalog: [Route] = [
        write("catalog/register") { try $0.registerInCatalog($1) },
        put("catalog/deregister", .inHandler) { try await $0.deregisterFromCatalog($1) },
        get("catalog/datacenters", .open) { try $0.datacenters($1) },
        get("catalog/services", .inHandler) { try await $0.services($1) },
        get("catalog/service/", .inHandler) { try await $0.serviceNodes($1) },
        get("catalog/nodes", .inHandler) { try await $0.nodes($1) },
        get("catalog/node/", .inHandler) { try await $0.node($1) },
        get("catalog/node-services/", .inHandler) { try await $0.nodeServices($1) },
        get("status/leader", .open) { try $0.leader($1) },
        get("status/peers", .open) { try $0.peers($1) },
    ]

    private static let health: [Route] = [
        get("health/service/", .inHandler) { try await $0.healthOfService($1) },
        get("health/node/", .inHandler) { try await $0.checksOfNode($1) },
        get("health/checks/", .inHandler) { try await $0.checksOfService($1) },
        get("health/state/", .inHandler) { try await $0.checksInState($1) },
    ]

    static func get(
        _ path: String,
        _ access: RouteAccess,
        _ handler: @escaping Handler
    ) -> Route {
        Route(method: .get, path: path, access: access, handler: handler)
    }

    /// A PUT that is a registration or a heartbeat, and can be answered without a task.
    static func write(_ path: String, _ plan: @escaping Plan) -> Route {
        Route(
            method: .put,
            path: path,
            access: .inHandler,
            handler: { consul, request in
                let write = try await consul.context.lookingTwice { try plan(consul, request) }
                return ConsulReply(try await write.carryOut(in: consul.context.log))
            },
            plan: plan
        )
    }

    static func put(
        _ path: String,
        _ access: RouteAccess,
        _ handler: @escaping Handler
    ) -> Route {
        Route(method: .put, path: path, access: access, handler: handler)
    }
}

extension ConsulRoutes.Route {
    /// Runs the handler, and words its errors.
    func respond(
        to request: Request,
        name: String,
        body: [UInt8],
        client: ClientPresence,
        _ consul: ConsulAPI,
        logger: Logger
    ) async -> Response {
        do {
            var request = try ConsulRequest(request, name: name, body: body, client: client)
            request.authorizer = try authorizer(of: request, consul)
            try access.check(request, consul)
            let reply = try await handler(consul, request)
            guard method == .get, request.query.has("index"), consul.context.access.isEnabled else {
                return reply.response
            }
            // While it waited the token may have lost what it had.
            let authorizer = try authorizer(of: request, consul)
            guard authorizer != request.authorizer else { return reply.response }
            request.authorizer = authorizer
            try access.check(request, consul)
            return try await handler(consul, request).response
        } catch {
            return ErrorMapping.response(for: error, .consul, logger: logger)
        }
    }
}

extension ConsulRoutes.Route {
    /// Refuses a request before its body is read.
    ///
    /// Why: one snapshot at a time is read, and who may not restore it must not be in the way.
    fileprivate func admit(
        _ request: Request,
        name: String,
        client: ClientPresence,
        _ consul: ConsulAPI
    ) throws {
        var request = try ConsulRequest(request, name: name, body: [], client: client)
        request.authorizer = try authorizer(of: request, consul)
        try access.check(request, consul)
    }

    /// What the token of the request may do.
    ///
    /// A route that takes no token does not mind one that does not exist, as Consul's do not.
    private func authorizer(
        of request: ConsulRequest,
        _ consul: ConsulAPI
    ) throws(AccessDenial) -> Authorizer {
        let (access, keeper) = (consul.context.access, consul.context.keeper)
        guard case .open = self.access else {
            return try access.authorizer(for: request.tokenSecret, in: keeper)
        }
        return (try? access.authorizer(for: request.tokenSecret, in: keeper)) ?? .nothing
    }
}

/// Adds the routes of Consul's API.
func addConsulRoutes(to routes: inout RouteTable, context api: APIContext) {
    let consul = ConsulAPI(api)
    for route in ConsulRoutes.all {
        @Sendable func answer(
            _ request: Request,
            _ context: APIRequestContext,
            name: String
        ) async throws -> Response {
            let client = context.client
            if route.takesSnapshot {
                try route.admit(request, name: name, client: client, consul)
            }
            return await route.respond(
                to: request,
                name: name,
                body: route.method == .put || route.method == .post
                    ? try await context.body(of: request, isSnapshot: route.takesSnapshot) : [],
                client: client,
                consul,
                logger: context.logger
            )
        }
        guard route.path.hasSuffix("/") else {
            routes.on(route.method, "/v1/\(route.path)") { request, context in
                try await answer(request, context, name: "")
            }
            continue
        }
        routes.on(route.method, "/v1/\(route.path)**") { request, context in
            try await answer(request, context, name: try context.pathRest())
        }
        // The name may be missing: the handler says so, unless the bare path is somebody else's.
        guard !ConsulRoutes.all.contains(where: { "\($0.path)/" == route.path }) else { continue }
        routes.on(route.method, "/v1/\(route.path.dropLast())") { request, context in
            try await answer(request, context, name: "")
        }
    }
}

/// Adds Consul's registrations and heartbeats to the routes that are answered at once.
func addConsulRoutes(to routes: inout DirectRoutes, context api: APIContext) {
    let consul = ConsulAPI(api)
    for route in ConsulRoutes.all {
        guard let plan = route.plan else { continue }
        routes.add(route.method, "/v1/\(route.path)", .consul) { request in
            var request = try ConsulRequest(request)
            request.authorizer = try consul.context.access.authorizer(
                for: request.tokenSecret,
                in: consul.context.keeper
            )
            return try plan(consul, request)
        }
    }
}
