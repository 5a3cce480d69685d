internal import NIOCore
internal import Synchronization

/// Ends the reading of a body that comes too slowly.
///
/// The input side of the connection is closed then, so that the response can still be sent.
struct BodyDeadline: Sendable {
    private final class State: Sendable {
        let isOver = Mutex(false)
        let timer: Mutex<Scheduled<Void>?> = Mutex(nil)
    }

    private let state = State()
    private let channel: any Channel
    private let settings: APISettings
    private let start = ContinuousClock.now

    init(channel: any Channel, settings: APISettings) {
        self.channel = channel
        self.settings = settings
        schedule(settings.bodyTimeout)
    }

    /// Gives a body that may take longer the time that its size so far grants.
    func didRead(totalBytes: Int) {
        let granted = settings.bodyTimeout + .seconds(totalBytes / settings.bodyBytesPerSecondMin)
        schedule(granted - (ContinuousClock.now - start))
    }

    private func schedule(_ time: Duration) {
        let timer = channel.eventLoop.scheduleTask(in: TimeAmount(time)) { [state, channel] in
            state.isOver.withLock { $0 = true }
            channel.close(mode: .input, promise: nil)
        }
        state.timer.withLock { old in
            old?.cancel()
            old = timer
        }
    }

    func cancel() {
        state.timer.withLock { $0?.cancel() }
    }

    /// - Throws: `APIError` when the body did not come in time and is therefore not whole.
    func check() throws(APIError) {
        guard state.isOver.withLock({ $0 }) else { return }
        throw APIError(.timedOut, "the body of the request did not come in time")
    }
}
