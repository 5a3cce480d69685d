import DNSWire
import NIOCore
import NIOPosix
import Testing

/// Runs `body` against a DNS server on a free port, UDP and TCP; a query without a reply is
/// dropped.
func withFakeNameServer<Result: Sendable>(
    reply: @escaping @Sendable (Message, _ overTCP: Bool) async -> Message?,
    body: @Sendable (_ address: String) async throws -> Result
) async throws -> Result {
    typealias Datagram = AddressedEnvelope<ByteBuffer>
    let (datagrams, tcp) = try await bindBoth()
    let udp = try await datagrams.wrapped(Datagram.self, Datagram.self)
    let port = try #require(udp.channel.localAddress?.port)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            try await udp.executeThenClose { inbound, outbound in
                for try await datagram in inbound {
                    let query = try Message(decoding: Array(datagram.data.readableBytesView))
                    guard let answer = await reply(query, false) else { continue }
                    let data = ByteBuffer(bytes: answer.encoded(bytesMax: 512))
                    try await outbound.write(
                        Datagram(remoteAddress: datagram.remoteAddress, data: data)
                    )
                }
            }
        }
        group.addTask {
            try await tcp.executeThenClose { connections in
                for try await channel in connections {
                    let connection = try await channel.wrapped(ByteBuffer.self, ByteBuffer.self)
                    try await connection.executeThenClose { inbound, outbound in
                        var received = ByteBuffer()
                        for try await part in inbound {
                            received.writeImmutableBuffer(part)
                            guard let bytes = received.readLengthPrefixedBytes() else { continue }
                            guard let answer = await reply(try Message(decoding: bytes), true)
                            else {
                                break
                            }
                            let encoded = answer.encoded()
                            // In two parts, so that the client has to put the answer together.
                            var first = ByteBuffer(integer: UInt16(encoded.count))
                            first.writeBytes(encoded.prefix(5))
                            try await outbound.write(first)
                            try await outbound.write(ByteBuffer(bytes: encoded.dropFirst(5)))
                        }
                    }
                }
            }
        }
        defer { group.cancelAll() }
        return try await body("127.0.0.1:\(port)")
    }
}

/// A UDP and a TCP socket on the same port; another port when somebody else has the second one.
private func bindBoth() async throws -> (any Channel, NIOAsyncChannel<any Channel, Never>) {
    var failure: any Error = CancellationError()
    for _ in 0..<20 {
        let udp = try await DatagramBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            let port = try #require(udp.localAddress?.port)
            let tcp = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .childChannelOption(.autoRead, value: false)
                .bind(host: "127.0.0.1", port: port) { $0.eventLoop.makeSucceededFuture($0) }
            return (udp, tcp)
        } catch {
            failure = error
            try? await udp.close()
        }
    }
    throw failure
}

extension ByteBuffer {
    fileprivate mutating func readLengthPrefixedBytes() -> [UInt8]? {
        guard let length = getInteger(at: readerIndex, as: UInt16.self),
            readableBytes >= 2 + Int(length)
        else { return nil }
        moveReaderIndex(forwardBy: 2)
        return readBytes(length: Int(length))
    }
}

extension Message {
    /// A response to `query` with these lines of a master file as answer.
    static func reply(
        to query: Message,
        _ answer: [ResourceRecord] = [],
        additional: [ResourceRecord] = [],
        code: ResponseCode = .noError
    ) -> Message {
        var header = query.header
        header.isResponse = true
        header.isAuthoritative = true
        header.responseCodeBits = UInt8(code.rawValue)
        return Message(
            header: header,
            questions: query.questions,
            answer: answer,
            additional: additional,
            edns: query.edns.map { _ in EDNS(udpPayloadBytes: 1232) }
        )
    }
}
