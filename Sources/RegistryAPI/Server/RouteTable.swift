internal import HTTPTypes
internal import Hummingbird

/// The routes of the server: each path once, with its methods.
///
/// A path may have `{name}` for one part and end in `**` for all the rest. What a path does not
/// offer is answered with 405 and the methods that it has; OPTIONS lists them.
struct RouteTable {
    typealias Handler = @Sendable (Request, APIRequestContext) async throws -> Response

    private struct Route {
        var path: String
        var handlers: [(method: HTTPRequest.Method, handler: Handler)] = []
    }

    private var routes: [Route] = []

    /// Every method of every path, in the order in which they were added.
    var offers: [(method: HTTPRequest.Method, path: String)] {
        routes.flatMap { route in route.handlers.map { ($0.method, route.path) } }
    }

    mutating func get(_ path: String, _ handler: @escaping Handler) { on(.get, path, handler) }
    mutating func put(_ path: String, _ handler: @escaping Handler) { on(.put, path, handler) }
    mutating func post(_ path: String, _ handler: @escaping Handler) { on(.post, path, handler) }
    mutating func delete(_ path: String, _ handler: @escaping Handler) {
        on(.delete, path, handler)
    }

    /// Adds the handler of one method of one path.
    mutating func on(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ handler: @escaping Handler
    ) {
        if let position = routes.firstIndex(where: { $0.path == path }) {
            precondition(
                !routes[position].handlers.contains { $0.method == method },
                "\(method) \(path) has two handlers"
            )
            routes[position].handlers.append((method, handler))
        } else {
            routes.append(Route(path: path, handlers: [(method, handler)]))
        }
    }

    /// Builds what finds and runs the handler of a request.
    func makeResponder(
        defaultPolicy: String,
        audit: AuditMiddleware? = nil
    ) -> RouterResponder<APIRequestContext> {
        let router = Router(context: APIRequestContext.self)
        if let audit { router.add(middleware: audit) }
        router.add(middleware: DialectMiddleware(defaultPolicy: defaultPolicy))
        for route in routes { Self.add(route, to: router) }
        return router.buildResponder()
    }

    private static let otherMethods: [HTTPRequest.Method] = [
        .get, .head, .put, .post, .delete, .patch, .trace, .connect,
    ]

    private static func add(_ route: Route, to router: Router<APIRequestContext>) {
        let path = RouterPath(route.path)
        var offered: [HTTPRequest.Method] = []
        func add(_ method: HTTPRequest.Method, _ handler: @escaping Handler) {
            offered.append(method)
            router.on(path, method: method) { try await handler($0, $1) }
        }
        for (method, handler) in route.handlers { add(method, handler) }
        // Consul refuses HEAD.
        let isConsul = ErrorMapping.Dialect(path: route.path) == .consul
        if !isConsul, !offered.contains(.head),
            let get = route.handlers.first(where: { $0.method == .get })?.handler
        {
            add(.head) { request, context in
                try await get(request, context).createHeadResponse()
            }
        }
        let allowed = (offered + [.options]).map(\.rawValue).sorted()
        let refuse: Handler = { request, _ in
            throw APIError(
                .methodNotAllowed(allowed: allowed),
                isConsul
                    ? "method \(request.method.rawValue) not allowed"
                    : "method \(request.method.rawValue) is not allowed here",
                hint: "allowed: \(allowed.joined(separator: ", "))"
            )
        }
        for method in otherMethods where !offered.contains(method) {
            router.on(path, method: method) { try await refuse($0, $1) }
        }
        router.on(path, method: .options) { _, _ in
            Response(status: .ok, headers: [.allow: allowed.joined(separator: ", ")])
        }
    }
}
