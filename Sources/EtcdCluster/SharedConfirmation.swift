internal import Synchronization

/// Lets all who come while a question is under way share the next one.
///
/// Why: what is asked before somebody comes says nothing about what was written before he came; what
/// is asked after that says it to all who wait. One of those who wait asks for all of them.
final class SharedConfirmation: Sendable {
    private enum Turn {
        case ask
        case answered(Bool)
    }

    private typealias Waiter = CheckedContinuation<Turn, Never>

    private struct State {
        var isAsking = false
        var waiting: [Waiter] = []
    }

    private let state = Mutex(State())

    /// Asks, or has somebody ask after this call began, and returns the answer.
    func next(_ ask: () async -> Bool) async -> Bool {
        let turn = await withCheckedContinuation { (waiter: Waiter) in
            let isFirst = state.withLock { state in
                defer { state.isAsking = true }
                if state.isAsking { state.waiting.append(waiter) }
                return !state.isAsking
            }
            if isFirst { waiter.resume(returning: .ask) }
        }
        if case .answered(let answer) = turn { return answer }
        let sharing: [Waiter] = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        let answer = await ask()
        for waiter in sharing { waiter.resume(returning: .answered(answer)) }
        let successor: Waiter? = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isAsking = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        successor?.resume(returning: .ask)
        return answer
    }
}
