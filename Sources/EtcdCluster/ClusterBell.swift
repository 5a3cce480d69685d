internal import ServiceCatalog
internal import Synchronization

/// Wakes one who waits, at once if it rang before.
///
/// Why not an `AsyncStream`: a wait that is cancelled ends the stream for good.
final class ClusterBell: Sendable {
    private struct State {
        var hasRung = false
        var waiter: WakeUp?
    }

    private let state = Mutex(State())

    func ring() {
        let waiter = state.withLock { state in
            state.hasRung = true
            return state.waiter
        }
        waiter?.end()
    }

    /// Returns when it rings, when the time is over, or when the task is cancelled.
    func wait(atMost limit: Duration) async {
        let wakeUp = WakeUp()
        let hasRung = state.withLock { state in
            state.waiter = wakeUp
            return state.hasRung
        }
        if !hasRung {
            await withTaskGroup { group in
                group.addTask { await wakeUp.wait() }
                group.addTask { try? await Task.sleep(for: limit) }
                await group.next()
                wakeUp.end()
                group.cancelAll()
            }
        }
        state.withLock { $0 = State() }
    }
}
