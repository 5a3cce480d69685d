import Foundation
import NIOCore
import NIOPosix
import Testing

/// What the server answered.
struct TestResponse {
    var status: Int
    /// By lower-case name.
    var headers: [String: String]
    var body: String

    /// The body as JSON.
    func json() throws -> Any {
        try JSONSerialization.jsonObject(with: Data(body.utf8), options: .fragmentsAllowed)
    }

    func object() throws -> [String: Any] { try #require(try json() as? [String: Any]) }
    func array() throws -> [[String: Any]] { try #require(try json() as? [[String: Any]]) }
    /// The native API's error text.
    var error: String { (try? object()["error"] as? String) ?? "" }
    var field: String { (try? object()["field"] as? String) ?? "" }
    var hint: String { (try? object()["hint"] as? String) ?? "" }
}

/// One connection to the server under test, down to the bytes.
final class TestConnection {
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private let channel: any Channel
    private var buffer: [UInt8] = []
    /// True once the server closed its side.
    private(set) var isEnded = false

    private init(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        _ channel: any Channel
    ) {
        self.inbound = inbound
        self.outbound = outbound
        self.channel = channel
    }

    static func with<Result>(
        port: Int,
        _ body: (TestConnection) async throws -> Result
    ) async throws -> Result {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel
                    )
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await body(
                TestConnection(inbound.makeAsyncIterator(), outbound, channel.channel)
            )
        }
    }

    func send(_ text: String) async throws {
        try await outbound.write(ByteBuffer(string: text))
    }

    /// Closes the connection, as a client that goes away does.
    func close() async throws {
        try await channel.close()
    }

    /// Says that nothing more will be sent; answers can still be read.
    func finishSending() async throws {
        try await channel.close(mode: .output)
    }

    func send(
        _ method: String,
        _ path: String,
        body: String? = nil,
        headers: [String: String] = [:]
    ) async throws {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: test\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
        try await send(text + "\r\n" + (body ?? ""))
    }

    /// Reads the next response whole.
    func response() async throws -> TestResponse {
        var response = try await head()
        if let text = response.headers["content-length"] {
            let count = try #require(Int(text))
            while buffer.count < count { try await receive() }
            response.body = String(decoding: buffer.prefix(count), as: UTF8.self)
            buffer.removeFirst(count)
        } else if response.headers["transfer-encoding"] == "chunked" {
            while let chunk = try await chunk() { response.body += chunk }
        }
        return response
    }

    /// Reads the head of the next response.
    func head() async throws -> TestResponse {
        let text = try await line(endingWith: "\r\n\r\n")
        let lines = text.components(separatedBy: "\r\n").filter { !$0.isEmpty }
        let status = try #require(lines.first?.split(separator: " ").dropFirst().first)
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let colon = try #require(line.firstIndex(of: ":"))
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...]
                .trimmingCharacters(in: .whitespaces)
        }
        return TestResponse(status: try #require(Int(status)), headers: headers, body: "")
    }

    /// Reads the next chunk of a chunked body; nil at its end.
    func chunk() async throws -> String? {
        let size = try await line(endingWith: "\r\n").trimmingCharacters(
            in: .whitespacesAndNewlines
        )
        let count = try #require(Int(size, radix: 16))
        while buffer.count < count + 2 { try await receive() }
        defer { buffer.removeFirst(count + 2) }
        return count == 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
    }

    /// Reads the next server-sent event or comment.
    func event() async throws -> String {
        var text = ""
        while !text.hasSuffix("\n\n") { text += try #require(try await chunk()) }
        return text
    }

    /// Returns when the server has closed the connection; what it still sent is the result.
    func untilClosed() async throws -> String {
        while !isEnded {
            do { try await receive() } catch is ConnectionEnded { break }
        }
        return String(decoding: buffer, as: UTF8.self)
    }

    private struct ConnectionEnded: Error {}

    private func line(endingWith end: String) async throws -> String {
        let end = Array(end.utf8)
        while true {
            if let range = buffer.firstRange(of: end) {
                defer { buffer.removeFirst(range.upperBound) }
                return String(decoding: buffer[..<range.upperBound], as: UTF8.self)
            }
            try await receive()
        }
    }

    private func receive() async throws {
        let part: ByteBuffer?
        do { part = try await inbound.next() } catch { part = nil }
        guard let part else {
            isEnded = true
            throw ConnectionEnded()
        }
        buffer.append(contentsOf: part.readableBytesView)
    }
}

extension TestServer {
    /// Sends one request on a connection of its own.
    func request(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        headers: [String: String] = [:]
    ) async throws -> TestResponse {
        try await TestConnection.with(port: port) { connection in
            var headers = headers
            headers["Connection"] = "close"
            try await connection.send(method, path, body: body, headers: headers)
            return try await connection.response()
        }
    }
}
