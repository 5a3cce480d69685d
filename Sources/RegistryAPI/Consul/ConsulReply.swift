internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import ServiceCatalog

/// What a handler of Consul's API answers.
struct ConsulReply: Sendable {
    var status: HTTPResponse.Status = .ok
    var headers: HTTPFields = [:]
    var body: [UInt8] = []

    /// 200 without a body.
    static let empty = ConsulReply()

    init(_ reply: WholeReply) {
        status = reply.status
        if let contentType = reply.contentType { headers[.contentType] = contentType }
        for field in reply.fields { headers[field.name] = field.value }
        body = reply.body
    }

    init(status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// JSON that `write` produces.
    static func json(
        for request: ConsulRequest,
        status: HTTPResponse.Status = .ok,
        capacity: Int = 512,
        _ write: (inout JSONWriter) -> Void
    ) -> ConsulReply {
        var reply = WholeReply.json(for: request, capacity: capacity, write)
        reply.status = status
        return ConsulReply(reply)
    }

    /// Tells the client that it was not shown everything.
    ///
    /// Who has no token is not told: that there is more would be news already.
    mutating func tellFiltered(for request: ConsulRequest) {
        guard !request.authorizer.isAnonymous else { return }
        headers[ConsulHeader.resultsFilteredByACLs] = "true"
    }

    static func text(_ text: String, status: HTTPResponse.Status) -> ConsulReply {
        ConsulReply(
            status: status,
            headers: [.contentType: "text/plain; charset=utf-8"],
            body: Array(text.utf8)
        )
    }

    var response: Response {
        Response(
            status: status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body))
        )
    }
}

extension WholeReply {
    /// JSON that `write` produces, for a request of Consul's API.
    static func json(
        for request: ConsulRequest,
        capacity: Int = 512,
        _ write: (inout JSONWriter) -> Void
    ) -> WholeReply {
        var writer = JSONWriter(capacity: capacity)
        write(&writer)
        return WholeReply(
            contentType: "application/json",
            body: request.wantsPretty ? JSONWriter.indented(writer.bytes) : writer.bytes
        )
    }
}
