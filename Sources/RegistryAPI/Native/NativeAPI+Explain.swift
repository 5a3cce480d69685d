internal import Hummingbird
internal import ServiceCatalog

extension NativeAPI {
    /// `GET /explain?name=&type=`: why a DNS question is answered as it is.
    ///
    /// The token must be allowed to read the service or the node that the name stands for; of any
    /// other name only what DNS shows is told.
    func explain(_ request: Request, _ authorizer: Authorizer) throws -> Response {
        let query = try QueryParameters(request)
        guard let name = query.first("name"), !name.isEmpty else {
            throw APIError(
                .badRequest,
                "name is missing",
                field: "name",
                hint: "GET /explain?name=web.service.consul&type=SRV"
            )
        }
        let explanation = try api.explain(name, query.first("type"))
        if let service = explanation.service { try authorizer.require(.serviceRead(service)) }
        if let node = explanation.node { try authorizer.require(.nodeRead(node)) }
        return try JSONReply.response(explanation)
    }
}
