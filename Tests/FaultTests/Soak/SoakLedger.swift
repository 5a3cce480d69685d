import Foundation
import Synchronization

/// What the soak counted: questions, changes, faults, wrong answers, gaps.
final class SoakLedger: Sendable {
    struct Counts: Sendable {
        var queries = 0
        var changes = 0
        var faults = 0
        var events = 0
        /// The first ones, with what led to them.
        var wrong: [String] = []
        var wrongCount = 0
        /// Without an answer, while the server was not stopped by the test.
        var longestGap = Duration.zero
        /// The same while it was.
        var longestGapInFault = Duration.zero
    }

    private struct State {
        var counts = Counts()
        /// When the test had the server stopped; the last is open without an end.
        var stops: [(start: ContinuousClock.Instant, end: ContinuousClock.Instant?)] = []
    }

    private let state = Mutex(State())

    var counts: Counts { state.withLock { $0.counts } }

    func noteChange() { state.withLock { $0.counts.changes += 1 } }
    func noteFault() { state.withLock { $0.counts.faults += 1 } }
    func noteEvent() { state.withLock { $0.counts.events += 1 } }

    func noteWrong(_ text: String) {
        state.withLock { state in
            state.counts.wrongCount += 1
            if state.counts.wrong.count < 20 { state.counts.wrong.append(text) }
        }
    }

    /// Notes an answer that came so long after the one before.
    func noteAnswer(after last: ContinuousClock.Instant, at now: ContinuousClock.Instant) {
        state.withLock { state in
            state.counts.queries += 1
            let gap = now - last
            guard gap > min(state.counts.longestGap, state.counts.longestGapInFault) else { return }
            let isStopped = state.stops.contains { stop in
                stop.start <= now && stop.end.map { $0 >= last } ?? true
            }
            if isStopped {
                state.counts.longestGapInFault = max(state.counts.longestGapInFault, gap)
            } else {
                state.counts.longestGap = max(state.counts.longestGap, gap)
            }
        }
    }

    /// Runs `body` while the server is stopped.
    func stopped(_ body: () throws -> Void) rethrows {
        state.withLock { $0.stops.append((.now, nil)) }
        defer {
            state.withLock { state in
                if !state.stops.isEmpty { state.stops[state.stops.count - 1].end = .now }
            }
        }
        try body()
    }
}
