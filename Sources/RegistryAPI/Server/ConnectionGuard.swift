internal import NIOCore

/// Stands at the socket's end of a connection's pipeline: notices when the client leaves, and drops
/// one that asks for nothing, sends half a request or takes nothing of its response.
final class ConnectionGuard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let client: ClientPresence
    private let headTimeout: TimeAmount
    private let writeTimeout: TimeAmount
    private let idleTimeout: TimeAmount
    private var headTimer: Scheduled<Void>?
    private var writeTimer: Scheduled<Void>?
    private var idleTimer: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    init(client: ClientPresence, settings: APISettings) {
        self.client = client
        self.headTimeout = TimeAmount(settings.headTimeout)
        self.writeTimeout = TimeAmount(settings.writeTimeout)
        self.idleTimeout = TimeAmount(settings.idleTimeout)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        watchIdleness(context, idleTimeout)
    }

    /// Sends bytes past all other handlers.
    func send(_ bytes: ByteBuffer) {
        context?.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    /// Closes a connection that has not asked for anything for so long.
    ///
    /// Cost: one timer a connection, set again when it fires; a request only notes when it ended.
    private func watchIdleness(_ context: ChannelHandlerContext, _ time: TimeAmount) {
        let start = NIODeadline.now()
        idleTimer = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            let rest = (self.client.lastEnd ?? start) + self.idleTimeout - .now()
            if self.client.progress.isAnswering {
                self.watchIdleness(context, self.idleTimeout)
            } else if rest <= .zero {
                context.close(promise: nil)
            } else {
                self.watchIdleness(context, rest)
            }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        watchHead(context)
        context.fireChannelRead(data)
    }

    /// A request must begin within the time that bytes of it were seen first.
    private func watchHead(_ context: ChannelHandlerContext) {
        let progress = client.progress
        guard headTimer == nil, !progress.isAnswering else { return }
        headTimer = context.eventLoop.assumeIsolated().scheduleTask(in: headTimeout) {
            self.headTimer = nil
            let now = self.client.progress
            guard now.requestsBegun == progress.requestsBegun, !now.isAnswering else { return }
            let answer = """
                HTTP/1.1 408 Request Timeout\r
                Connection: close\r
                Content-Type: text/plain; charset=utf-8\r
                Content-Length: 46\r
                \r
                the head of the request did not come in time.

                """
            let buffer = context.channel.allocator.buffer(string: answer)
            context.writeAndFlush(self.wrapOutboundOut(buffer), promise: nil)
            context.close(promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        writeTimer?.cancel()
        writeTimer = nil
        if !context.channel.isWritable {
            writeTimer = context.eventLoop.assumeIsolated().scheduleTask(in: writeTimeout) {
                context.close(promise: nil)
            }
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent { client.leave() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        stopTimers()
        client.leave()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        stopTimers()
        client.leave()
    }

    private func stopTimers() {
        headTimer?.cancel()
        headTimer = nil
        writeTimer?.cancel()
        writeTimer = nil
        idleTimer?.cancel()
        idleTimer = nil
    }
}
