internal import HTTPTypes
internal import Hummingbird
internal import ServiceCatalog

/// What a handler of Consul's API needs of a request.
struct ConsulRequest: Sendable {
    /// The last part of the path, decoded, in which slashes may stand; empty where there is none.
    var name: String
    /// The path as it was sent.
    var path: String
    var query: QueryParameters
    var headers: HTTPFields
    var body: [UInt8]
    var client: ClientPresence
    /// What the token of the request may do; see `Authorizer.require(_:)`.
    var authorizer = Authorizer.unrestricted

    /// - Throws: `APIError` when the query cannot be read or names what only Consul's paid edition has.
    init(
        _ request: Request,
        name: String,
        body: [UInt8],
        client: ClientPresence
    ) throws(APIError) {
        try self.init(
            path: request.uri.path,
            name: name,
            query: try QueryParameters(request),
            headers: request.headers,
            body: body,
            client: client
        )
    }

    /// - Throws: `APIError` when the query cannot be read or names what only Consul's paid edition has.
    init(_ request: DirectRoutes.DirectRequest) throws(APIError) {
        try self.init(
            path: request.path,
            name: request.name,
            query: try QueryParameters(request.query),
            headers: request.headers,
            body: request.body,
            client: request.client
        )
    }

    private init(
        path: String,
        name: String,
        query: QueryParameters,
        headers: HTTPFields,
        body: [UInt8],
        client: ClientPresence
    ) throws(APIError) {
        self.name = name
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.client = client
        try refuseScopes()
    }

    /// What stands behind `prefix` in the path, as it was sent; empty when nothing does.
    func rawPath(below prefix: String) -> Substring {
        path.hasPrefix(prefix) ? path.dropFirst(prefix.count) : ""
    }

    /// Refuses what Consul has in its paid edition only, in its words.
    private func refuseScopes() throws(APIError) {
        if query.isEmpty, headers.isEmpty { return }
        for (parameter, header, what) in [
            ("ns", ConsulHeader.namespace, "Namespaces are"),
            ("partition", ConsulHeader.partition, "Partitions are"),
        ] {
            guard headers[header] ?? "" == "" else {
                throw APIError(
                    .badRequest,
                    "Invalid header: \"\(header.rawName)\" - \(what) a Consul Enterprise feature"
                )
            }
            guard query.first(parameter) ?? "" == "" else {
                throw APIError(
                    .badRequest,
                    "Invalid query parameter: \"\(parameter)\" - \(what) a Consul Enterprise feature"
                )
            }
        }
        guard query.first("sg") ?? "" == "" else {
            throw APIError(
                .badRequest,
                "Invalid query parameter: \"sg\" - Sameness groups are a Consul Enterprise feature"
            )
        }
        guard query.first("peer") ?? "" == "" else {
            throw APIError(.badRequest, "Invalid query parameter: \"peer\" - there are no peers")
        }
    }

    /// The filter expression; nil without one.
    ///
    /// - Throws: `APIError` for one that cannot be evaluated over these fields.
    func filter<Root>(_ schema: FilterSchema<Root>) throws(APIError) -> Filter<Root>? {
        guard let expression = query.first("filter"), !expression.isEmpty else { return nil }
        do {
            return try Filter(expression, schema)
        } catch {
            throw APIError(error)
        }
    }

    /// True when the client wants line breaks in the JSON.
    var wantsPretty: Bool { query.has("pretty") && query.first("pretty") != "false" }

    /// True when the client wants one word instead of JSON.
    var wantsText: Bool {
        query.first("format") == "text" || headers[.accept]?.hasPrefix("text/plain") == true
    }

    /// The name at the end of the path.
    ///
    /// - Throws: `APIError` when there is none.
    func requiredName(_ what: String) throws(APIError) -> String {
        guard !name.isEmpty else { throw APIError(.badRequest, "Missing \(what)") }
        return name
    }

    /// Reads the body with one of the wire types.
    func decode<Body>(
        _ read: ([UInt8]) throws(JSONReadError) -> Body
    ) throws(APIError) -> Body {
        do {
            return try read(body)
        } catch {
            throw APIError(.badRequest, "Request decode failed: \(error)")
        }
    }
}
