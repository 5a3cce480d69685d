internal import DNSWire
internal import NIOCore
internal import NIOPosix

/// Sends one DNS message and waits for its answer.
struct DNSTransport: Sendable {
    var server: SocketAddress
    /// How long one attempt may take.
    var timeout: Duration

    /// Asks over UDP, on a new port for each attempt.
    ///
    /// Datagrams that do not answer the query are ignored: they may be late, or forged.
    func askOverUDP(_ query: Message) async throws -> (Message, bytes: Int) {
        let server = server
        let channel = try await DatagramBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(
                .recvAllocator,
                value: FixedSizeRecvByteBufferAllocator(capacity: 65_535)
            )
            .connect(to: server) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<
                        AddressedEnvelope<ByteBuffer>, AddressedEnvelope<ByteBuffer>
                    >(
                        wrappingChannelSynchronously: channel
                    )
                }
            }
        let bytes = query.encoded()
        return try await withDeadline {
            try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(
                    AddressedEnvelope(remoteAddress: server, data: ByteBuffer(bytes: bytes))
                )
                for try await datagram in inbound {
                    let bytes = Array(datagram.data.readableBytesView)
                    guard let message = try? Message(decoding: bytes),
                        message.answers(query)
                    else { continue }
                    return (message, bytes.count)
                }
                throw ClientError(.unreachable, "the socket was closed")
            }
        }
    }

    /// Asks over TCP (RFC 7766 §8).
    func askOverTCP(_ query: Message) async throws -> (Message, bytes: Int) {
        let bytes = query.encoded()
        let server = server
        return try await withDeadline {
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(to: server) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                            wrappingChannelSynchronously: channel
                        )
                    }
                }
            return try await channel.executeThenClose { inbound, outbound in
                var request = ByteBuffer(integer: UInt16(bytes.count))
                request.writeBytes(bytes)
                try await outbound.write(request)
                var received = ByteBuffer()
                for try await part in inbound {
                    received.writeImmutableBuffer(part)
                    guard
                        let length = received.getInteger(at: received.readerIndex, as: UInt16.self),
                        let answer = received.getBytes(
                            at: received.readerIndex + 2,
                            length: Int(length)
                        )
                    else { continue }
                    let message = try Message(decoding: answer)
                    guard message.answers(query) else {
                        throw ClientError(.badResponse, "the answer is to another question")
                    }
                    return (message, answer.count)
                }
                throw ClientError(.unreachable, "the connection was closed before the answer came")
            }
        }
    }

    private func withDeadline<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: timeout)
                throw ClientError(.unreachable, "no answer in time")
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }
}

extension Message {
    /// True when this is a response to `query`: same id and, where it is given, same question.
    func answers(_ query: Message) -> Bool {
        guard header.isResponse, header.id == query.header.id else { return false }
        // Servers that could not read the question may leave it out (RFC 1035 §4.1.1).
        return questions.isEmpty ? header.responseCodeBits != 0 : questions == query.questions
    }
}
