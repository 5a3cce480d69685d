internal import Synchronization

/// Knows whether the client of a connection is still there.
///
/// Why: a blocking query must not wait for minutes for a client that has closed its connection.
final class ClientPresence: Sendable {
    private struct State {
        var hasGone = false
        var requestsBegun = 0
        var isAnswering = false
        var lastID = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    var hasGone: Bool { state.withLock { $0.hasGone } }

    /// How many requests began on the connection, and whether one is being answered.
    var progress: (requestsBegun: Int, isAnswering: Bool) {
        state.withLock { ($0.requestsBegun, $0.isAnswering) }
    }

    func beginRequest() {
        state.withLock { state in
            state.requestsBegun += 1
            state.isAnswering = true
        }
    }

    func endRequest() {
        state.withLock { $0.isAnswering = false }
    }

    /// Records that the client closed its side, and wakes who waits for that.
    func leave() {
        let waiters = state.withLock { state in
            state.hasGone = true
            defer { state.waiters = [:] }
            return state.waiters.values.map { $0 }
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when the client has gone, or when the task is cancelled.
    func untilGone() async {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    let isOver = state.hasGone || Task.isCancelled
                    if !isOver { state.waiters[id] = continuation }
                    return isOver
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
