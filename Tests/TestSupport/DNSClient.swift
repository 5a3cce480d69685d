package import DNSWire

/// A small DNS client: one question, one message back, over UDP or TCP.
package struct DNSClient: Sendable {
    package var port: UInt16
    package var timeoutMilliseconds = 5_000

    package init(port: UInt16) {
        self.port = port
    }

    /// Sends raw bytes in one datagram; nil when nothing comes back in time.
    package func exchangeUDP(
        _ query: [UInt8],
        timeoutMilliseconds: Int? = nil
    ) throws -> [UInt8]? {
        let socket = try NetworkSocket(
            .udp,
            port: port,
            timeoutMilliseconds: timeoutMilliseconds ?? self.timeoutMilliseconds
        )
        try socket.send(query)
        do {
            return try socket.receive()
        } catch let failure as NetworkSocket.Failure where failure.isTimeout {
            return nil
        }
    }

    /// Sends raw bytes with their length before them, on a connection of its own.
    package func exchangeTCP(_ query: [UInt8]) throws -> [UInt8] {
        let socket = try NetworkSocket(.tcp, port: port, timeoutMilliseconds: timeoutMilliseconds)
        try socket.send(Self.framed(query))
        return try Self.receiveFramed(from: socket)
    }

    /// `message` with its length in two bytes before it (RFC 1035 §4.2.2).
    package static func framed(_ message: [UInt8]) -> [UInt8] {
        [UInt8(message.count >> 8), UInt8(message.count & 0xFF)] + message
    }

    /// The next message of a TCP connection.
    package static func receiveFramed(from socket: NetworkSocket) throws -> [UInt8] {
        let length = try socket.receive(exactly: 2)
        return try socket.receive(exactly: Int(length[0]) << 8 | Int(length[1]))
    }

    /// Asks one question and decodes the answer.
    package func ask(
        _ name: DomainName,
        _ type: RecordType,
        over kind: NetworkSocket.Kind = .udp,
        edns: EDNS? = nil
    ) throws -> Message {
        let query = Message.query(id: .random(in: 0...(.max)), name: name, type: type, edns: edns)
        let reply: [UInt8]
        switch kind {
        case .udp:
            guard let datagram = try exchangeUDP(query.encoded()) else {
                throw NotInTime(description: "no answer to \(name) \(type) over UDP")
            }
            reply = datagram
        case .tcp: reply = try exchangeTCP(query.encoded())
        }
        return try Message(decoding: reply)
    }

    /// The same for a name as text.
    package func ask(
        _ name: String,
        _ type: RecordType,
        over kind: NetworkSocket.Kind = .udp,
        edns: EDNS? = nil
    ) throws -> Message {
        try ask(try DomainName(name), type, over: kind, edns: edns)
    }

    /// The addresses that A records of `name` hold, sorted as text; the code when it is not
    /// NOERROR.
    package func addresses(_ name: String) throws -> [String] {
        let message = try ask(name, .a)
        guard message.responseCode == .noError else {
            throw UnexpectedAnswer(description: "\(name) A: code \(message.responseCodeValue)")
        }
        return message.answer.filter { $0.type == .a }
            .map { RData.text(type: .a, rdata: $0.rdata) }.sorted()
    }
}

/// An answer that a test cannot go on with.
package struct UnexpectedAnswer: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) {
        self.description = description
    }
}
