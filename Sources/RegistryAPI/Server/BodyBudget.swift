internal import Synchronization

/// What the bodies of requests may take of memory, over all connections together.
///
/// Why: each body has a limit, and there are as many at once as connections. A body counts from its
/// first byte until its request is answered, because what it asks for may wait for the disk. Small
/// ones that arrive whole are not counted: a connection has one at a time, of 64 KiB at most.
final class BodyBudget: Sendable {
    private struct State {
        var heldBytes = 0
        var isRestoring = false
    }

    private let state = Mutex(State())
    private let bytesMax: Int

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    /// True when a tenth or less is left.
    var isNearlyFull: Bool { state.withLock { $0.heldBytes > bytesMax / 10 * 9 } }

    /// Counts bytes.
    ///
    /// - Throws: `APIError` when there is no room for them.
    func take(_ bytes: Int) throws(APIError) {
        let isTaken = state.withLock { state in
            guard state.heldBytes + bytes <= bytesMax else { return false }
            state.heldBytes += bytes
            return true
        }
        guard isTaken else {
            throw APIError(
                .bodiesFull,
                "the bodies of requests take too much memory together; try again later",
                limit: "http.bodies_bytes_max"
            )
        }
    }

    /// Ends the counting of bytes.
    func giveBack(_ bytes: Int) {
        state.withLock { $0.heldBytes -= bytes }
    }

    /// - Throws: `APIError` when a snapshot is being restored.
    func beginRestoring() throws(APIError) {
        let isFirst = state.withLock { state in
            defer { state.isRestoring = true }
            return !state.isRestoring
        }
        guard isFirst else {
            throw APIError(.bodiesFull, "another snapshot is being restored; try again later")
        }
    }

    func endRestoring() {
        state.withLock { $0.isRestoring = false }
    }
}
