internal import Foundation
package import Logging
package import ServiceCatalog
internal import Synchronization

/// The log of a server that stands alone: orders changes, commits them in groups, applies them.
///
/// While one group is being committed the next one gathers, so the cost of a commit is shared by
/// all who wait. Without a store (`--ephemeral`) the same happens less the commit.
package final class StandaloneLog: CatalogLog, CatalogListener {
    private struct Waiting {
        var change: CatalogChange
        var arrival: ContinuousClock.Instant
        var settle: Settle
    }

    private struct State {
        var waiting: [Waiting] = []
        var accepts = true
        var folding = FoldedRows()
        var metrics = LogMetrics()
    }

    private let keeper: CatalogKeeper
    private let store: CatalogStore?
    private let logger: Logger
    private let state = Mutex(State())
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation
    private let startPosition: UInt64

    /// Changes that may wait for their commit.
    private let waitingMax = 65_536
    /// Changes in one commit: bounds the time the catalog's lock is held.
    private let groupMax = 256
    /// Values of keys in one commit: bounds the memory that it takes.
    private let groupValueBytesMax = 16 << 20

    /// Makes a log that goes on after `position`; `store` nil keeps nothing on disk.
    package init(keeper: CatalogKeeper, store: CatalogStore?, position: UInt64, logger: Logger) {
        self.keeper = keeper
        self.store = store
        self.logger = logger
        self.startPosition = position
        (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        if store != nil { keeper.add(self) }
    }

    package func append(_ change: CatalogChange, then settle: @escaping Settle) {
        let refusal: CatalogLogError? = state.withLock { state in
            guard state.accepts else { return .stopping }
            guard state.waiting.count < waitingMax else { return .overloaded }
            state.waiting.append(Waiting(change: change, arrival: .now, settle: settle))
            return nil
        }
        if let refusal {
            settle(.failure(refusal))
        } else {
            wakeUp.yield()
        }
    }

    package func catalogDidChange(_ delta: CatalogDelta, in catalog: borrowing Catalog) {
        state.withLock { $0.folding.add(delta) }
    }

    /// What the log did, for `/metrics`.
    package var metrics: LogMetrics { state.withLock { $0.metrics } }

    /// Commits and applies until `stop()`; then finishes what waits and folds all.
    package func run() async {
        var next = startPosition + 1
        for await _ in wakeUps {
            await drain(from: &next)
        }
        state.withLock { $0.accepts = false }
        await drain(from: &next)
        await fold(all: true)
    }

    /// Refuses further changes and lets `run()` end.
    package func stop() {
        state.withLock { $0.accepts = false }
        wakeUp.finish()
    }

    private func drain(from next: inout UInt64) async {
        while true {
            let group = state.withLock { state in
                var bytes = 0
                let group = Array(
                    state.waiting.prefix(groupMax).prefix { waiting in
                        defer { bytes += waiting.change.valueBytes }
                        return bytes < groupValueBytesMax
                    }
                )
                state.waiting.removeFirst(group.count)
                return group
            }
            guard !group.isEmpty else { return }
            await commit(group, from: &next)
        }
    }

    private func commit(_ group: [Waiting], from next: inout UInt64) async {
        let started = ContinuousClock.now
        if let store {
            let folded = rowsToFold(all: false)
            do {
                let encoder = JSONEncoder()
                encoder.outputFormatting = .withoutEscapingSlashes
                let rows = try group.map { try encoder.encode($0.change) }
                try await store.commit(rows, from: next, folding: folded)
            } catch {
                if let folded { keepForLater(folded) }
                refuse(group, because: error)
                return
            }
        }
        let committed = ContinuousClock.now
        let results = keeper.apply(group.map(\.change), from: next)
        next += UInt64(group.count)
        let applied = ContinuousClock.now
        state.withLock { state in
            state.metrics.changes += UInt64(group.count)
            state.metrics.problem = nil
            state.metrics.commit.record(committed - started)
            for waiting in group { state.metrics.propagation.record(applied - waiting.arrival) }
        }
        for (waiting, result) in zip(group, results) {
            waiting.settle(result.mapError { .rejected($0) })
        }
    }

    private func refuse(_ group: [Waiting], because error: any Error) {
        logger.error("changes could not be stored", metadata: ["error": "\(error)"])
        let reason = (error as? CatalogStoreError)?.message ?? "\(error)"
        state.withLock { state in
            state.metrics.failedCommits += 1
            state.metrics.problem = reason
        }
        for waiting in group {
            waiting.settle(.failure(.unavailable(reason: reason)))
        }
    }

    private func rowsToFold(all: Bool) -> FoldedRows? {
        state.withLock { state in
            guard !state.folding.isEmpty, all || state.folding.isFull else {
                return nil
            }
            let folded = state.folding
            state.folding = FoldedRows()
            return folded
        }
    }

    /// Puts rows back whose transaction failed; what changed since then is newer.
    private func keepForLater(_ folded: FoldedRows) {
        state.withLock { state in
            var merged = folded
            merged.merge(state.folding)
            state.folding = merged
        }
    }

    private func fold(all: Bool) async {
        guard let store, let folded = rowsToFold(all: all) else { return }
        do {
            try await store.commit([], from: 0, folding: folded)
        } catch {
            // The journal still has it all.
            logger.warning("the journal could not be folded", metadata: ["error": "\(error)"])
        }
    }
}
