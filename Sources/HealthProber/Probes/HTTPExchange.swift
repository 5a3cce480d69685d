internal import NIOCore

/// Sends one request over a new connection and reads the answer; says once how it ended.
///
/// Lives on its channel's event loop.
final class HTTPExchange: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: HTTPRequest
    private var reader: HTTPReplyReader
    private var onEnd: ((Result<HTTPReply, ProbeFailure>) -> Void)?

    init(
        _ request: HTTPRequest,
        tailBytesMax: Int,
        onEnd: @escaping (Result<HTTPReply, ProbeFailure>) -> Void
    ) {
        self.request = request
        self.reader = HTTPReplyReader(
            tailBytesMax: tailBytesMax,
            hasNoBody: request.isAnsweredWithoutBody
        )
        self.onEnd = onEnd
    }

    /// Ends the exchange.
    ///
    /// The head decides: a body that is cut short or too slow does not matter.
    func giveUp(_ failure: ProbeFailure) {
        end(reader.reply.map { .success($0) } ?? .failure(failure))
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(request.bytes), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard onEnd != nil else { return }
        do throws(ProbeFailure) {
            let isComplete = try reader.read(unwrapInboundIn(data).readableBytesView)
            if isComplete { giveUp(.closed) }
        } catch {
            giveUp(error)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Without a head the deadline itself ends the probe.
        if event is ProbeConnection.Event, reader.reply != nil { giveUp(.closed) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        giveUp(ProbeFailure(error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        giveUp(.closed)
        context.fireChannelInactive()
    }

    private func end(_ result: Result<HTTPReply, ProbeFailure>) {
        // It holds its owner, which holds this.
        let onEnd = onEnd
        self.onEnd = nil
        onEnd?(result)
    }
}
