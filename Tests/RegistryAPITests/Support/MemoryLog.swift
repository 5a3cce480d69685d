import ServiceCatalog
import Synchronization

/// A log without a disk: changes are in order because one at a time is applied.
final class MemoryLog: CatalogLog {
    private struct State {
        var index: CatalogIndex = 1
        var changes: [CatalogChange] = []
        var failure: CatalogLogError?
        /// Answers that wait for `release`; nil: none has to.
        var held: [@Sendable () -> Void]?
    }

    private let keeper: CatalogKeeper
    private let state = Mutex(State())

    init(_ keeper: CatalogKeeper) {
        self.keeper = keeper
    }

    /// Everything that was appended, refused changes included.
    var changes: [CatalogChange] { state.withLock { $0.changes } }

    /// From now on each change fails like this; nil: no longer.
    func fail(with error: CatalogLogError?) {
        state.withLock { $0.failure = error }
    }

    /// From now on nobody is told what came of a change.
    func hold() {
        state.withLock { $0.held = [] }
    }

    /// Tells those who were not told yet, and from now on at once.
    func release() {
        let held = state.withLock { state in
            defer { state.held = nil }
            return state.held ?? []
        }
        for tell in held { tell() }
    }

    func append(_ change: CatalogChange, then settle: @escaping Settle) {
        let result: Result<CatalogWrite, CatalogLogError> = state.withLock { state in
            if let failure = state.failure { return .failure(failure) }
            state.changes.append(change)
            state.index += 1
            return keeper.apply([change], from: state.index)[0].mapError { .rejected($0) }
        }
        let isHeld = state.withLock { state in
            state.held?.append { settle(result) }
            return state.held != nil
        }
        if !isHeld { settle(result) }
    }
}
