import ServiceCatalog
import Synchronization

/// A log without a disk: changes are in order because one at a time is applied.
final class MemoryLog: CatalogLog {
    private struct State {
        var index: CatalogIndex = 1
        var changes: [CatalogChange] = []
        var failure: CatalogLogError?
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

    func append(_ change: CatalogChange, then settle: @escaping Settle) {
        let result: Result<CatalogWrite, CatalogLogError> = state.withLock { state in
            if let failure = state.failure { return .failure(failure) }
            state.changes.append(change)
            state.index += 1
            return keeper.apply([change], from: state.index)[0].mapError { .rejected($0) }
        }
        settle(result)
    }
}
