internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird

/// Builds the responses that both APIs send.
enum JSONReply {
    private static func makeEncoder(pretty: Bool) -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return encoder
    }

    /// The bytes of `value` as JSON.
    static func bytes(_ value: some Encodable, pretty: Bool = false) throws -> [UInt8] {
        try [UInt8](makeEncoder(pretty: pretty).encode(value))
    }

    static func response(
        _ value: some Encodable,
        status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:],
        pretty: Bool = false
    ) throws -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        var bytes = try bytes(value, pretty: pretty)
        bytes.append(UInt8(ascii: "\n"))
        return Response(
            status: status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }

    static func text(
        _ text: String,
        status: HTTPResponse.Status = .ok,
        contentType: String = "text/plain; charset=utf-8",
        headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = contentType
        return Response(
            status: status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}
