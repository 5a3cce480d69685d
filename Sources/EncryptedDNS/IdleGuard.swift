internal import NIOCore
internal import Synchronization

/// Closes a connection on which nothing was asked, or no reply was taken, for too long.
///
/// Cost: one timer a connection, set again when it fires; a query only notes the time.
final class IdleGuard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let timeout: TimeAmount
    private let timedOut: TimeoutTally
    private var lastProgress = NIODeadline.now()
    private var timer: Scheduled<Void>?

    init(timeout: Duration, timedOut: TimeoutTally) {
        self.timeout = TimeAmount(timeout)
        self.timedOut = timedOut
    }

    /// A whole query came, or a reply was taken.
    func noteProgress() { lastProgress = .now() }

    func handlerAdded(context: ChannelHandlerContext) { watch(context, timeout) }

    private func watch(_ context: ChannelHandlerContext, _ time: TimeAmount) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            let rest = self.lastProgress + self.timeout - .now()
            if rest > .zero { return self.watch(context, rest) }
            self.timedOut.note()
            context.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }
}

/// How often that happened.
final class TimeoutTally: Sendable {
    private let tally = Atomic<Int>(0)

    var count: Int { tally.load(ordering: .relaxed) }

    func note() { tally.add(1, ordering: .relaxed) }
}
