internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// An answer that is known as a whole before it is sent.
struct WholeReply: Sendable {
    var status: HTTPResponse.Status = .ok
    /// Nil for an answer without a body.
    var contentType: String?
    /// What it has beside the fields of every answer.
    var fields: [(name: HTTPField.Name, value: String)] = []
    var body: [UInt8] = []

    /// The answer as Hummingbird sends it.
    var response: Response {
        var headers: HTTPFields = [:]
        if let contentType { headers[.contentType] = contentType }
        for field in fields { headers[field.name] = field.value }
        return Response(
            status: status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body))
        )
    }

    /// Writes the answer as it goes over the wire (RFC 9112 §4).
    ///
    /// - Parameter defaultPolicy: what Consul's answers tell of requests without a token; nil in
    ///   others.
    func write(to buffer: inout ByteBuffer, date: String, defaultPolicy: String?) {
        func write(_ name: String, _ value: String) {
            buffer.writeString(name)
            buffer.writeStaticString(": ")
            buffer.writeString(value)
            buffer.writeStaticString("\r\n")
        }
        if status == .ok {
            buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
        } else {
            buffer.writeString("HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n")
        }
        if let contentType { write("Content-Type", contentType) }
        for field in fields { write(field.name.rawName, field.value) }
        if let defaultPolicy { write(ConsulHeader.defaultACLPolicy.rawName, defaultPolicy) }
        write("Date", date)
        buffer.writeStaticString("Content-Length: ")
        buffer.writeString(String(body.count))
        buffer.writeStaticString("\r\n\r\n")
        buffer.writeBytes(body)
    }
}
