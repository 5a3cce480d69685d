internal import HTTPTypes
internal import Hummingbird
internal import ServiceCatalog

/// What a handler of Consul's API needs of a request.
struct ConsulRequest: Sendable {
    /// The last part of the path, decoded, in which slashes may stand; empty where there is none.
    var name: String
    var query: QueryParameters
    var headers: HTTPFields
    var body: [UInt8]
    var client: ClientPresence
    /// What the token of the request may do; see `Authorizer.require(_:)`.
    var authorizer = Authorizer.unrestricted

    /// - Throws: `APIError` when the query cannot be read or names a namespace or partition.
    init(
        _ request: Request,
        name: String,
        body: [UInt8],
        client: ClientPresence
    ) throws(APIError) {
        self.name = name
        self.query = try QueryParameters(request)
        self.headers = request.headers
        self.body = body
        self.client = client
        let scopes = [
            ("ns", ConsulHeader.namespace, "namespaces"),
            ("partition", ConsulHeader.partition, "partitions"),
        ]
        for (parameter, header, what) in scopes {
            guard query.first(parameter) ?? "" == "", headers[header] ?? "" == "" else {
                throw APIError(
                    .badRequest,
                    "Invalid query parameter or header \"\(parameter)\": there are no \(what)"
                )
            }
        }
        guard query.first("peer") ?? "" == "", query.first("sg") ?? "" == "" else {
            throw APIError(.badRequest, "Invalid query parameter: there are no peers")
        }
        guard query.first("filter") ?? "" == "" else {
            throw APIError(
                .badRequest,
                "Invalid query parameter \"filter\": filter expressions are not supported yet"
            )
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
