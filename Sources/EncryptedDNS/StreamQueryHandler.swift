internal import DNSResponder
internal import DNSWire
internal import NIOCore

/// Answers the queries of one DNS over TLS connection: messages, each after its length (RFC 7858
/// §3.3, RFC 7766).
///
/// Many queries come with one read, and their replies go out with one write; late replies go out
/// when they are there, in any order. A client that does not read is not read from either: what it
/// can make us hold is bounded by one message, one read, and the channel's high-water mark.
final class StreamQueryHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let responder: LoopResponder
    private let idle: IdleGuard
    private let client: IPAddress?
    private var input = ByteBuffer()
    private var output = ByteBuffer()
    /// Late replies that the connection is owed.
    private var pending = 0
    /// Tickets of the zone transfers that run.
    private var transfers: Set<UInt64> = []
    private var isReadHeld = false
    private var context: ChannelHandlerContext?

    /// With more than this to write, the channel is asked whether it takes more.
    private static let outputBytesMax = 32 << 10

    init(_ responder: LoopResponder, idle: IdleGuard, client: IPAddress?) {
        self.responder = responder
        self.idle = idle
        self.client = client
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        for ticket in transfers { responder.forget(ticket) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        input.writeBuffer(&bytes)
        serve(context)
    }

    /// Answers all whole messages, as long as the client takes the replies.
    private func serve(_ context: ChannelHandlerContext) {
        while context.channel.isWritable, self.context != nil,
            let length = input.getInteger(at: input.readerIndex, as: UInt16.self)
        {
            guard length >= WireLimits.headerBytes else { return context.close(promise: nil) }
            guard input.readableBytes >= 2 + Int(length) else { break }
            input.moveReaderIndex(forwardBy: 2)
            answer(input.readBytes(length: Int(length)) ?? [])
            if output.readableBytes >= Self.outputBytesMax { flush(context) }
        }
        input.discardReadBytes()
        if input.readableBytes == 0 { input.clear(minimumCapacity: 0) }
        flush(context)
    }

    private func answer(_ query: [UInt8]) {
        idle.noteProgress()
        let outcome = responder.answer(
            query,
            from: client,
            over: .tls,
            pending: &pending
        ) { reply, late in
            self.take(reply, late)
        }
        if case .reply(let reply) = outcome { append(reply) }
    }

    /// Writes a late reply, or one of several messages of a zone transfer.
    private func take(_ reply: [UInt8], _ late: LateReply) {
        if late.part?.isLast ?? true {
            pending -= 1
            transfers.remove(late.ticket)
        } else {
            transfers.insert(late.ticket)
        }
        guard let context else { return responder.forget(late.ticket) }
        if let part = late.part, part.isBroken { return context.close(promise: nil) }
        append(reply)
        flush(context, late.part?.turn)
    }

    private func append(_ reply: [UInt8]) {
        output.writeInteger(UInt16(truncatingIfNeeded: reply.count))
        output.writeBytes(reply)
    }

    /// Writes what waits; `turn` is that of a zone's message in it, which goes on when it is out.
    private func flush(_ context: ChannelHandlerContext, _ turn: TransferTurn? = nil) {
        guard output.readableBytes > 0 else { return }
        let bytes = output
        output = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(bytes)).assumeIsolated().whenSuccess {
            self.idle.noteProgress()
            turn?.messageWasTaken()
        }
    }

    // MARK: A client that does not read

    func read(context: ChannelHandlerContext) {
        if context.channel.isWritable { context.read() } else { isReadHeld = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            serve(context)
            if isReadHeld, context.channel.isWritable {
                isReadHeld = false
                context.read()
            }
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
