internal import Foundation

/// The reply to an HTTP request.
package struct HTTPReply: Sendable, CustomStringConvertible {
    package var status: Int
    /// Names in lower case.
    package var headers: [String: String]
    package var body: String

    /// The body as JSON; null when it is none.
    package var json: JSON { (try? JSON(body)) ?? .null }

    package var description: String { "\(status) \(body.prefix(2_000))" }
}

/// One HTTP/1.1 connection that is kept open, for tests that send many requests or broken ones.
package final class HTTPClientConnection {
    package let socket: NetworkSocket
    private var buffer: [UInt8] = []

    package init(port: UInt16, timeoutMilliseconds: Int = 10_000) throws {
        socket = try NetworkSocket(.tcp, port: port, timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Sends one request and waits for the reply.
    package func request(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        headers: [String: String] = [:]
    ) throws -> HTTPReply {
        try send(method, path, body, headers: headers)
        return try receiveReply(hasBody: method != "HEAD")
    }

    /// Sends one request, whose reply `receiveReply` reads.
    package func send(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        headers: [String: String] = [:]
    ) throws {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.utf8.count)\r\n" }
        try socket.send(Array((head + "\r\n" + (body ?? "")).utf8))
    }

    /// Reads one reply: by its length, in chunks, or to the end of the connection.
    ///
    /// - Parameter hasBody: false for the reply to HEAD, whatever length it tells.
    package func receiveReply(hasBody: Bool = true) throws -> HTTPReply {
        let head = try readHead()
        var lines = head.components(separatedBy: "\r\n")
        let words = lines.removeFirst().split(separator: " ")
        guard words.count >= 2, let status = Int(words[1]) else {
            throw UnexpectedAnswer(description: "not an HTTP reply: \(head)")
        }
        var headers: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] =
                line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        var body: [UInt8] = []
        if !hasBody {
            body = []
        } else if headers["transfer-encoding"]?.lowercased() == "chunked" {
            body = try readChunks()
        } else if let length = headers["content-length"].flatMap({ Int($0) }) {
            body = try take(length)
        } else if status != 204, status != 304 {
            while let more = try? socket.receive(), !more.isEmpty { buffer += more }
            body = try take(buffer.count)
        }
        return HTTPReply(
            status: status,
            headers: headers,
            body: String(decoding: body, as: UTF8.self)
        )
    }

    private func readHead() throws -> String {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let start = buffer.indices.first(where: { buffer[$0...].starts(with: end) }) {
                let head = try take(start)
                _ = try take(end.count)
                return String(decoding: head, as: UTF8.self)
            }
            try readMore()
        }
    }

    private func readChunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            while !buffer.contains(0x0A) { try readMore() }
            let line = try take((buffer.firstIndex(of: 0x0A) ?? 0) + 1)
            let digits = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .newlines)
            guard let length = Int(digits, radix: 16) else {
                throw UnexpectedAnswer(description: "not a chunk: \(digits)")
            }
            body += try take(length)
            _ = try take(2)
            if length == 0 { return body }
        }
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while buffer.count < count { try readMore() }
        defer { buffer.removeFirst(count) }
        return Array(buffer.prefix(count))
    }

    private func readMore() throws {
        let more = try socket.receive()
        guard !more.isEmpty else {
            throw UnexpectedAnswer(
                description: "the server closed the connection after \(buffer.count) bytes"
            )
        }
        buffer += more
    }
}
