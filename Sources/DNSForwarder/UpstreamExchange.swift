internal import DNSResponder
internal import DNSWire
internal import NIOCore
internal import NIOPosix

/// One query to one server and the reply that belongs to it.
///
/// Each query has a socket, and so a port, of its own and a random identifier: who cannot see it
/// has to guess both (RFC 5452 §9.2). The socket is connected: what others send does not arrive.
struct UpstreamExchange {
    let server: ListenAddress
    let timeout: TimeAmount
    let loop: any EventLoop

    /// What we tell that we take over UDP; larger replies come with TC set.
    private static let payloadBytes: UInt16 = 1232

    /// The message for `question`, with an identifier of its own.
    static func query(
        _ question: Question,
        dnssecOK: Bool,
        checkingDisabled: Bool,
        withEDNS: Bool
    ) -> Message {
        let edns = EDNS(udpPayloadBytes: payloadBytes, dnssecOK: dnssecOK)
        var query = Message.query(
            id: .random(in: 0...(.max)),
            name: question.name,
            type: question.type,
            edns: withEDNS ? edns : nil
        )
        query.header.recursionDesired = true
        query.header.checkingDisabled = checkingDisabled
        return query
    }

    /// Sends `query`; fails with an `UpstreamFailure`, at the latest when the time is over.
    func ask(_ query: Message, overTCP: Bool) -> EventLoopFuture<Message> {
        let promise = loop.makePromise(of: Message.self)
        let deadline = loop.scheduleTask(in: timeout) {
            promise.fail(UpstreamFailure.timedOut)
        }
        promise.futureResult.whenComplete { _ in deadline.cancel() }
        guard let address = try? SocketAddress(server) else {
            promise.fail(UpstreamFailure.unreachable)
            return promise.futureResult
        }
        let connected =
            overTCP
            ? connectStream(to: address, query, promise)
            : connectDatagrams(to: address, query, promise)
        connected.whenFailure { _ in promise.fail(UpstreamFailure.unreachable) }
        connected.whenSuccess { channel in
            promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
        }
        return promise.futureResult
    }

    private func connectDatagrams(
        to address: SocketAddress,
        _ query: Message,
        _ promise: EventLoopPromise<Message>
    ) -> EventLoopFuture<any Channel> {
        DatagramBootstrap(group: loop)
            .channelOption(
                .recvAllocator,
                value: FixedSizeRecvByteBufferAllocator(capacity: WireLimits.messageBytesMax)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        DatagramReplyHandler(query: query, server: address, promise: promise)
                    )
                }
            }
            .connect(to: address)
    }

    private func connectStream(
        to address: SocketAddress,
        _ query: Message,
        _ promise: EventLoopPromise<Message>
    ) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        StreamReplyHandler(query: query, promise: promise)
                    )
                }
            }
            .connect(to: address)
    }
}

/// Sends the query when the socket is ready and waits for the datagram that answers it.
private final class DatagramReplyHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let query: Message
    private let server: SocketAddress
    private let promise: EventLoopPromise<Message>

    init(query: Message, server: SocketAddress, promise: EventLoopPromise<Message>) {
        self.query = query
        self.server = server
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        let data = ByteBuffer(bytes: query.encoded())
        let envelope = AddressedEnvelope(remoteAddress: server, data: data)
        context.writeAndFlush(wrapOutboundOut(envelope), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).data.readableBytesView)
        switch ReplyMatch(bytes, to: query) {
        case .reply(let message): promise.succeed(message)
        case .unreadable: promise.fail(UpstreamFailure.malformed)
        // Late, or forged: the right one may still come.
        case .other: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(UpstreamFailure.unreachable)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(UpstreamFailure.unreachable)
    }
}

/// Sends the query with its length and waits for the whole reply (RFC 7766 §8).
private final class StreamReplyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let query: Message
    private let promise: EventLoopPromise<Message>
    private var received = ByteBuffer()

    init(query: Message, promise: EventLoopPromise<Message>) {
        self.query = query
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        let bytes = query.encoded()
        var data = ByteBuffer(integer: UInt16(bytes.count))
        data.writeBytes(bytes)
        context.writeAndFlush(wrapOutboundOut(data), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Bounded: what comes after one message closes the connection.
        received.writeImmutableBuffer(unwrapInboundIn(data))
        guard let length = received.getInteger(at: received.readerIndex, as: UInt16.self),
            let bytes = received.getBytes(at: received.readerIndex + 2, length: Int(length))
        else { return }
        switch ReplyMatch(bytes, to: query) {
        case .reply(let message): promise.succeed(message)
        case .unreadable, .other: promise.fail(UpstreamFailure.malformed)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(UpstreamFailure.unreachable)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(UpstreamFailure.unreachable)
    }
}

/// Whether some bytes are the reply to a query.
enum ReplyMatch {
    case reply(Message)
    /// The reply, as far as the identifier tells, but damaged.
    case unreadable
    /// The reply to something else.
    case other

    init(_ bytes: [UInt8], to query: Message) {
        guard bytes.count >= WireLimits.headerBytes,
            UInt16(bytes[0]) << 8 | UInt16(bytes[1]) == query.header.id, bytes[2] & 0x80 != 0
        else {
            self = .other
            return
        }
        guard let message = try? Message(decoding: bytes) else {
            self = .unreadable
            return
        }
        // A server that could not read the question may leave it out (RFC 1035 §4.1.1).
        let isBare = message.questions.isEmpty && message.header.responseCodeBits != 0
        self = isBare || message.questions == query.questions ? .reply(message) : .other
    }
}

extension SocketAddress {
    fileprivate init(_ address: ListenAddress) throws {
        try self.init(
            packedIPAddress: ByteBuffer(bytes: address.address.rdata),
            port: Int(address.port)
        )
    }
}
