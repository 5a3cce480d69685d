internal import Logging
internal import NIOCore
internal import Synchronization

/// Tells of handshakes that failed, one line a minute at most: whoever may connect can make them
/// fail as often as he likes.
final class FailureLog: Sendable {
    private struct State {
        var next = NIODeadline.uptimeNanoseconds(0)
        var unsaid = 0
    }

    private let listener: String
    private let logger: Logger
    private let state = Mutex(State())
    private static let pause = TimeAmount.minutes(1)

    init(listener: String, logger: Logger) {
        self.listener = listener
        self.logger = logger
    }

    func note(_ result: TLSTally.Result, from client: SocketAddress?, reason: String) {
        let now = NIODeadline.now()
        let count = state.withLock { state -> Int? in
            state.unsaid += 1
            guard now >= state.next else { return nil }
            state.next = now + Self.pause
            defer { state.unsaid = 0 }
            return state.unsaid
        }
        guard let count else { return }
        logger.info(
            "tls handshakes failed",
            metadata: [
                "listener": "\(listener)", "count": "\(count)", "last_result": "\(result.rawValue)",
                "last_client": "\(client?.ipAddress ?? "unknown")", "last_reason": "\(reason)",
            ]
        )
    }
}
