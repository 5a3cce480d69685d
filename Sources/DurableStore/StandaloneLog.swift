internal import Dispatch
internal import Foundation
package import Logging
package import ServiceCatalog
internal import Synchronization

/// The log of a server that stands alone: orders changes, commits them in groups, applies them.
///
/// One thread writes. While it commits one group the next one gathers, so the cost of a commit is
/// shared by all who wait. Without a store (`--ephemeral`) the same happens less the commit.
///
/// Why a thread: it waits for the disk, and the threads of tasks are too few for that.
package final class StandaloneLog: OperatedLog, CatalogListener {
    /// A change on its way to the journal, and who is told.
    struct Waiting {
        var change: CatalogChange
        var arrival: ContinuousClock.Instant
        var settle: Settle
    }

    /// What the writer has to do next.
    enum Step {
        case commit([Waiting])
        case noteFold(FoldOutcome)
        case noteSnapshot(SnapshotOutcome)
        case stop
    }

    /// How a fold ended.
    enum FoldOutcome {
        /// The journal up to here is in the rows.
        case folded(upTo: UInt64)
        /// Nothing was written.
        case failed(FoldedRows, CatalogStoreError)
    }

    /// How a snapshot ended.
    enum SnapshotOutcome {
        case written(SnapshotFile, took: Duration)
        case failed(any Error)
    }

    private struct State {
        var waiting: [Waiting] = []
        /// Changes that are not settled, those in the writer's hands included.
        var unsettledCount = 0
        var accepts = true
        /// True while the writer waits for `wakeUp`.
        var writerSleeps = false
        var endedFold: FoldOutcome?
        var endedSnapshot: SnapshotOutcome?
        /// What the last group did.
        var events: [CatalogEvent] = []
        var metrics = LogMetrics()

        /// True when the writer sleeps and has to be woken, which the caller then does.
        mutating func wakeWriter() -> Bool {
            defer { writerSleeps = false }
            return writerSleeps
        }
    }

    let keeper: CatalogKeeper
    let store: CatalogStore?
    let logger: Logger
    /// Nil: no snapshots are written.
    let snapshots: SnapshotPolicy?
    /// Changes that the journal gathers before it is folded.
    let foldedChangesMax: Int
    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)
    private let startPosition: UInt64

    /// Changes that may wait for their commit.
    private let unsettledMax = 65_536

    /// Makes a log that goes on after `position`; `store` nil keeps nothing on disk.
    package init(
        keeper: CatalogKeeper,
        store: CatalogStore?,
        position: UInt64,
        snapshots: SnapshotPolicy? = nil,
        foldedChangesMax: Int = 65_536,
        logger: Logger
    ) {
        self.foldedChangesMax = foldedChangesMax
        self.snapshots = store == nil ? nil : snapshots
        self.keeper = keeper
        self.store = store
        self.logger = logger
        self.startPosition = position
        if store != nil { keeper.add(self) }
    }

    package func append(_ change: CatalogChange, then settle: @escaping Settle) {
        if let refusal = enqueue(CollectionOfOne(change), settle) { settle(.failure(refusal)) }
    }

    /// Appends many changes in their order; when too many wait already, all of them are refused.
    package func append(
        contentsOf changes: [CatalogChange]
    ) async -> [Result<CatalogWrite, CatalogLogError>] {
        guard !changes.isEmpty else { return [] }
        return await withCheckedContinuation { continuation in
            let batch = WaitingBatch(count: changes.count, continuation)
            if let refusal = enqueue(changes, { batch.settle($0) }) {
                for _ in changes { batch.settle(.failure(refusal)) }
            }
        }
    }

    /// Adds to what waits; refuses when the log is stopping or too much waits already.
    private func enqueue(
        _ changes: some Collection<CatalogChange>,
        _ settle: @escaping Settle
    ) -> CatalogLogError? {
        let now = ContinuousClock.now
        let (refusal, wakes): (CatalogLogError?, Bool) = state.withLock { state in
            guard state.accepts else { return (.stopping, false) }
            guard state.unsettledCount < unsettledMax else { return (.overloaded, false) }
            state.unsettledCount += changes.count
            for change in changes {
                state.waiting.append(Waiting(change: change, arrival: now, settle: settle))
            }
            return (nil, state.wakeWriter())
        }
        if wakes { wakeUp.signal() }
        return refusal
    }

    package func catalogDidChange(_ delta: CatalogDelta, in catalog: borrowing Catalog) {
        state.withLock { $0.events += delta.events }
    }

    /// What the log did, for `/metrics`.
    package var metrics: LogMetrics { state.withLock { $0.metrics } }

    /// True while so many changes wait that more are refused.
    package var isFull: Bool { state.withLock { $0.unsettledCount >= unsettledMax } }

    /// Changes that wait for their commit or are in it.
    var waitingCount: Int { state.withLock { $0.unsettledCount } }

    /// Commits and applies until `stop()`; then finishes what waits and folds all.
    package func run() async {
        await withCheckedContinuation { ended in
            let thread = Thread { [self] in
                var writer = LogWriter(self, position: startPosition)
                writer.run()
                ended.resume()
            }
            thread.name = "log"
            thread.start()
        }
    }

    /// Refuses further changes and lets `run()` end.
    package func stop() {
        let wakes = state.withLock { state in
            state.accepts = false
            return state.wakeWriter()
        }
        if wakes { wakeUp.signal() }
    }
}

// MARK: - The writer's side

extension StandaloneLog {
    /// What to do next; waits until there is something.
    ///
    /// - Parameter onlyFolds: changes have to wait.
    func nextStep(onlyFolds: Bool) -> Step {
        while true {
            let step: Step? = state.withLock { state in
                if let ended = state.endedFold {
                    state.endedFold = nil
                    return .noteFold(ended)
                }
                if let ended = state.endedSnapshot {
                    state.endedSnapshot = nil
                    return .noteSnapshot(ended)
                }
                if !onlyFolds {
                    if !state.waiting.isEmpty {
                        defer { state.waiting = [] }
                        return .commit(state.waiting)
                    }
                    if !state.accepts { return .stop }
                }
                state.writerSleeps = true
                return nil
            }
            if let step { return step }
            wakeUp.wait()
        }
    }

    /// Tells the writer how a fold ended.
    func foldEnded(_ outcome: FoldOutcome) {
        let wakes = state.withLock { state in
            state.endedFold = outcome
            switch outcome {
            case .folded: state.metrics.foldProblem = nil
            case .failed(_, let error): state.metrics.foldProblem = error.message
            }
            return state.wakeWriter()
        }
        if wakes { wakeUp.signal() }
    }

    /// Tells the writer how a snapshot ended.
    func snapshotEnded(_ outcome: SnapshotOutcome) {
        let wakes = state.withLock { state in
            state.endedSnapshot = outcome
            switch outcome {
            case .written(let file, let took):
                state.metrics.snapshots += 1
                state.metrics.snapshotBytes = file.size
                state.metrics.snapshotSeconds = took / .seconds(1)
                state.metrics.snapshotProblem = nil
            case .failed(let error):
                state.metrics.failedSnapshots += 1
                state.metrics.snapshotProblem = error.localizedDescription
            }
            return state.wakeWriter()
        }
        if wakes { wakeUp.signal() }
    }

    /// What the last group did to the catalog.
    func takeEvents() -> [CatalogEvent] {
        state.withLock { state in
            defer { state.events = [] }
            return state.events
        }
    }

    /// Notes that a group was committed and applied.
    func noteCommit(
        of group: ArraySlice<Waiting>,
        started: ContinuousClock.Instant,
        committed: ContinuousClock.Instant
    ) {
        let applied = ContinuousClock.now
        state.withLock { state in
            state.unsettledCount -= group.count
            state.metrics.changes += UInt64(group.count)
            state.metrics.problem = nil
            state.metrics.commit.record(committed - started)
            for waiting in group { state.metrics.propagation.record(applied - waiting.arrival) }
        }
    }

    /// Notes that a group could not be committed.
    func noteFailure(of group: ArraySlice<Waiting>, reason: String) {
        state.withLock { state in
            state.unsettledCount -= group.count
            state.metrics.failedCommits += 1
            state.metrics.problem = reason
        }
    }
}
