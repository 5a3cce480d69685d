internal import Synchronization

/// Lets all who come while a question is under way share the next one.
///
/// Why: what is asked before somebody comes says nothing about what was written before he came; what
/// is asked after that says it to all who wait.
final class SharedConfirmation: Sendable {
    private typealias Waiter = CheckedContinuation<Bool, Never>

    private struct State {
        var isAsking = false
        var waiting: [Waiter] = []
    }

    private let state = Mutex(State())

    /// Has `ask` run after this call began, perhaps for others too, and returns what it returned.
    func next(_ ask: @escaping @Sendable () async -> Bool) async -> Bool {
        await withCheckedContinuation { waiter in
            let begins = state.withLock { state in
                state.waiting.append(waiter)
                defer { state.isAsking = true }
                return !state.isAsking
            }
            if begins { Task { await self.run(ask) } }
        }
    }

    private func run(_ ask: @Sendable () async -> Bool) async {
        while true {
            let waiting: [Waiter] = state.withLock { state in
                defer { state.waiting = [] }
                if state.waiting.isEmpty { state.isAsking = false }
                return state.waiting
            }
            guard !waiting.isEmpty else { return }
            let answer = await ask()
            for waiter in waiting { waiter.resume(returning: answer) }
        }
    }
}
