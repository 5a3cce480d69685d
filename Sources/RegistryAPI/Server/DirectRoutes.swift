internal import HTTPTypes
internal import NIOHTTP1

/// The routes that are answered on the connection's event loop: registrations and heartbeats.
///
/// Every one of them is a route of Hummingbird's too, with the same plan; what this table does not
/// know goes there.
struct DirectRoutes: Sendable {
    /// What a plan needs of a request.
    struct DirectRequest: Sendable {
        /// The path as it was sent.
        var path: String
        /// The decoded end of the path; empty for a path without one.
        var name: String
        /// What stands behind the `?`, as it was sent.
        var query: Substring?
        /// The fields that say who asks.
        var headers: HTTPFields
        var body: [UInt8]
        var client: ClientPresence
    }

    typealias Plan = @Sendable (DirectRequest) throws -> PlannedWrite

    struct Route: Sendable {
        var dialect: ErrorMapping.Dialect
        var plan: Plan
    }

    /// A request whose route was found.
    struct Match: Sendable {
        var route: Route
        var path: String
        var name: String
        var query: Substring?
    }

    /// By path; those that end in `/` have a name behind it.
    private var routes: [String: [(method: HTTPMethod, route: Route)]] = [:]

    /// Adds a route; a path that ends in `/` is followed by a name.
    mutating func add(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ dialect: ErrorMapping.Dialect,
        _ plan: @escaping Plan
    ) {
        routes[path, default: []].append(
            (HTTPMethod(rawValue: method.rawValue), Route(dialect: dialect, plan: plan))
        )
    }

    /// The route of a request; nil for one that is Hummingbird's.
    func match(_ head: HTTPRequestHead) -> Match? {
        let target = head.uri
        let mark = target.utf8.firstIndex(of: UInt8(ascii: "?"))
        let path = mark.map { String(target[..<$0]) } ?? target
        let query = mark.map { target[target.utf8.index(after: $0)...] }
        if path.utf8.last != UInt8(ascii: "/"), let route = route(head.method, path) {
            return Match(route: route, path: path, name: "", query: query)
        }
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")),
            let route = route(head.method, String(path[...slash])),
            let name = PercentText.decode(path[path.utf8.index(after: slash)...]), !name.isEmpty
        else { return nil }
        return Match(route: route, path: path, name: name, query: query)
    }

    private func route(_ method: HTTPMethod, _ path: String) -> Route? {
        guard let found = routes[path] else { return nil }
        return found.first { $0.method == method }?.route
    }
}

extension DirectRoutes.Match {
    /// The request with its body.
    func request(
        _ head: HTTPRequestHead,
        body: [UInt8],
        client: ClientPresence
    ) -> DirectRoutes.DirectRequest {
        DirectRoutes.DirectRequest(
            path: path,
            name: name,
            query: query,
            headers: Self.headersOfInterest(head),
            body: body,
            client: client
        )
    }

    /// The fields whose names begin as those of tokens, namespaces and partitions do.
    private static func headersOfInterest(_ head: HTTPRequestHead) -> HTTPFields {
        var fields: HTTPFields = [:]
        for (name, value) in head.headers {
            guard let first = name.utf8.first,
                first | 0x20 == UInt8(ascii: "x")
                    || first | 0x20 == UInt8(ascii: "a"),
                let fieldName = HTTPField.Name(name)
            else { continue }
            fields.append(HTTPField(name: fieldName, value: value))
        }
        return fields
    }
}
