internal import NIOCore

/// The hard end of a probe.
struct ProbeDeadline: Sendable {
    /// As configured, for the message.
    let timeout: Duration
    let instant: ContinuousClock.Instant

    init(after timeout: Duration) {
        self.timeout = timeout
        self.instant = .now + timeout
    }

    private init(timeout: Duration, instant: ContinuousClock.Instant) {
        self.timeout = timeout
        self.instant = instant
    }

    var remaining: Duration { instant - .now }

    /// A part of what remains, so that further tries have time too.
    func share(of tries: Int) -> ProbeDeadline {
        ProbeDeadline(timeout: timeout, instant: .now + remaining / max(tries, 1))
    }

    /// Waits for a promise that `start` arranges to be kept, until the end or cancellation.
    ///
    /// `atEnd` runs on the loop at the end of time and may still keep the promise.
    func value<Value: Sendable>(
        of type: Value.Type,
        on loop: any EventLoop,
        atEnd: @escaping @Sendable () -> Void = {},
        start: (EventLoopPromise<Value>) -> Void
    ) async throws -> Value {
        let promise = loop.makePromise(of: type)
        let timeout = timeout
        let timer = loop.scheduleTask(in: .nanoseconds(max(remaining.nanoseconds, 0))) {
            atEnd()
            promise.fail(ProbeFailure.timedOut(timeout))
        }
        start(promise)
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.fail(ProbeFailure.cancelled)
        }
    }
}
