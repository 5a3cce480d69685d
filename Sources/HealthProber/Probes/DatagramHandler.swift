internal import NIOCore

/// Sends one datagram over a connected socket and waits for the answer.
final class DatagramHandler<Reply: Sendable>: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let payload: [UInt8]
    /// What no answer in time means; nil: the probe has timed out.
    private let silence: Reply?
    private let promise: EventLoopPromise<Reply>
    /// Nil for a datagram that is no answer to the question.
    private let read: ([UInt8]) -> Reply?

    init(
        payload: [UInt8],
        silence: Reply?,
        promise: EventLoopPromise<Reply>,
        read: @escaping ([UInt8]) -> Reply?
    ) {
        self.payload = payload
        self.silence = silence
        self.promise = promise
        self.read = read
    }

    func channelActive(context: ChannelHandlerContext) {
        if let address = context.remoteAddress {
            context.writeAndFlush(
                wrapOutboundOut(
                    AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: payload))
                ),
                promise: nil
            )
        }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let reply = read(Array(unwrapInboundIn(data).data.readableBytesView)) {
            promise.succeed(reply)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ProbeConnection.Event, let silence { promise.succeed(silence) }
        context.fireUserInboundEventTriggered(event)
    }
}
