internal import NIOCore
internal import NIOHTTP1

/// Sends one request and keeps the head and the end of the answer.
final class HTTPReplyHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    struct Reply: Sendable {
        var head: HTTPResponseHead
        /// The last bytes of the body.
        var bodyTail: [UInt8]
    }

    /// A body without end is read so far; its status counts.
    private static let bodyBytesMax = 1 << 20

    private let request: HTTPRequestHead
    private let body: String
    private let tailBytesMax: Int
    private let promise: EventLoopPromise<Reply>
    private var head: HTTPResponseHead?
    private var tail: [UInt8] = []
    private var bodyBytes = 0

    init(
        request: HTTPRequestHead,
        body: String,
        tailBytesMax: Int,
        promise: EventLoopPromise<Reply>
    ) {
        self.request = request
        self.body = body
        self.tailBytesMax = max(tailBytesMax, 0)
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.head(request)), promise: nil)
        if !body.isEmpty {
            context.write(
                wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))),
                promise: nil
            )
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(let buffer): keep(buffer.readableBytesView)
        case .end: succeed()
        }
    }

    /// The head decides; a body that is cut short or too slow does not matter.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ProbeConnection.Event { succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        succeed()
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        succeed()
        context.fireChannelInactive()
    }

    private func succeed() {
        if let head { promise.succeed(Reply(head: head, bodyTail: tail)) }
    }

    private func keep(_ bytes: ByteBufferView) {
        tail += bytes
        if tail.count > tailBytesMax { tail.removeFirst(tail.count - tailBytesMax) }
        bodyBytes += bytes.count
        if bodyBytes > Self.bodyBytesMax { succeed() }
    }
}
