internal import HTTPTypes

/// Where a request carries the secret of its token.
enum RequestToken {
    /// The secret: `?token=`, else `X-Consul-Token`, else `Authorization: Bearer`; nil without any.
    static func secret(_ query: QueryParameters, _ headers: HTTPFields) -> String? {
        if let secret = query.first("token"), !secret.isEmpty { return secret }
        if let secret = headers[ConsulHeader.token], !secret.isEmpty { return secret }
        guard let words = headers[.authorization]?.split(separator: " "), words.count == 2,
            words[0].lowercased() == "bearer"
        else { return nil }
        return String(words[1])
    }
}

extension ConsulRequest {
    /// The secret of the request's token; nil without one.
    var tokenSecret: String? { RequestToken.secret(query, headers) }
}
