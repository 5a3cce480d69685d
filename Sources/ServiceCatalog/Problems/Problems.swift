internal import Synchronization

/// All that is wrong with the server now, each problem under its code.
///
/// Who learns of a problem and of its end calls `begin` and `end`. Who can only be asked is
/// followed: its answer counts at every look.
package final class Problems: Sendable {
    /// A beginning or an end, for the log.
    package enum Change: Hashable, Sendable {
        case began(Problem)
        case ended(Problem)
    }

    private struct State {
        var current: [String: Problem] = [:]
        var changes: [Change] = []
        var sources: [(code: String, look: @Sendable () -> Problem?)] = []
    }

    /// Beginnings and ends that nobody has taken; older ones are forgotten.
    private static let changesMax = 256

    private let state = Mutex(State())
    private let now: @Sendable () -> Int

    /// - Parameter now: the time in milliseconds since 1970.
    package init(now: @escaping @Sendable () -> Int) {
        self.now = now
    }

    /// Says that something is wrong; one that has begun already keeps its time.
    package func begin(_ problem: Problem) {
        set(problem.code, problem)
    }

    /// Says that nothing is wrong any more under this code.
    package func end(_ code: String) {
        set(code, nil)
    }

    /// Has `look` asked at every look; it says what is wrong under `code`, if something is.
    ///
    /// It must not block, and must not call back.
    package func follow(_ code: String, _ look: @escaping @Sendable () -> Problem?) {
        state.withLock { $0.sources.append((code, look)) }
    }

    /// What is wrong now: failures first, then by time.
    package var current: [Problem] {
        refresh()
        return state.withLock { Array($0.current.values) }.sorted {
            if $0.isFailure != $1.isFailure { return $0.isFailure }
            return ($0.sinceMilliseconds, $0.code) < ($1.sinceMilliseconds, $1.code)
        }
    }

    /// Why the server cannot do its work; nil when it can.
    package var failure: Problem? { current.first.flatMap { $0.isFailure ? $0 : nil } }

    /// Takes what began and ended since the last call, in order.
    package func takeChanges() -> [Change] {
        refresh()
        return state.withLock { state in
            defer { state.changes = [] }
            return state.changes
        }
    }

    private func refresh() {
        for source in state.withLock({ $0.sources }) { set(source.code, source.look()) }
    }

    private func set(_ code: String, _ problem: Problem?) {
        let now = now()
        state.withLock { state in
            let old = state.current[code]
            guard var problem else {
                guard let old else { return }
                state.current[code] = nil
                Self.note(.ended(old), &state)
                return
            }
            problem.code = code
            problem.sinceMilliseconds = old?.sinceMilliseconds ?? now
            state.current[code] = problem
            if old == nil { Self.note(.began(problem), &state) }
        }
    }

    private static func note(_ change: Change, _ state: inout State) {
        if state.changes.count >= changesMax { state.changes.removeFirst() }
        state.changes.append(change)
    }
}
