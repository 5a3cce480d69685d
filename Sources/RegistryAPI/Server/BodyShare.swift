internal import Synchronization

/// One request's part of the budget; it ends with the request.
final class BodyShare: Sendable {
    private struct State {
        var bytes = 0
        var isRestoring = false
    }

    private let budget: BodyBudget
    private let state = Mutex(State())

    init(_ budget: BodyBudget) {
        self.budget = budget
    }

    deinit {
        let end = state.withLock { $0 }
        if end.bytes > 0 { budget.giveBack(end.bytes) }
        if end.isRestoring { budget.endRestoring() }
    }

    /// Counts bytes that were read.
    ///
    /// - Throws: `APIError` when there is no room for them.
    func take(_ bytes: Int) throws(APIError) {
        try budget.take(bytes)
        state.withLock { $0.bytes += bytes }
    }

    /// Gives back all but `bytes`, which are still held.
    func keep(_ bytes: Int) {
        let rest = state.withLock { state in
            let rest = max(0, state.bytes - bytes)
            state.bytes -= rest
            return rest
        }
        if rest > 0 { budget.giveBack(rest) }
    }

    /// Counts a snapshot, which may be larger than the whole budget: one at a time.
    ///
    /// - Throws: `APIError` when another one is being restored.
    func takeSnapshot() throws(APIError) {
        try budget.beginRestoring()
        state.withLock { $0.isRestoring = true }
    }
}
