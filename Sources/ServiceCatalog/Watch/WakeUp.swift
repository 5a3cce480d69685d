internal import Synchronization

/// The end of one wait, at the first of several reasons: a change, a deadline, a client that left.
///
/// Why not a task for each reason: three tasks cost a waiting request several KiB, and this costs
/// some bytes.
package final class WakeUp: Sendable {
    private enum State {
        case before
        case waiting(CheckedContinuation<Void, Never>)
        case over
    }

    private let state = Mutex(State.before)

    package init() {}

    /// Ends the wait, also one that has not begun; only the first call counts.
    package func end() {
        let waiting: CheckedContinuation<Void, Never>? = state.withLock { state in
            defer { state = .over }
            return if case .waiting(let continuation) = state { continuation } else { nil }
        }
        waiting?.resume()
    }

    /// Returns when `end` has been called, or when the task is cancelled; for one task only.
    package func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if case .over = state { return true }
                    state = .waiting(continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            end()
        }
    }
}
