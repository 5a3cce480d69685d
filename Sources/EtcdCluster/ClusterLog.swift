internal import Foundation
package import ServiceCatalog
internal import Synchronization

/// The log of a server in a cluster: gathers changes, has etcd put them in order, and settles each
/// once this server's own catalog has it.
///
/// One entry is under way at a time; while etcd takes it, the next gathers. An entry is written only
/// while its writer's epoch stands. When nobody can say what became of it, the writer begins another
/// epoch: after that the old entry is either to be seen or can never come any more, and so is made
/// again or not, but never twice.
package final class ClusterLog: CatalogLog {
    /// A change on its way, and who is told.
    struct Waiting: Sendable {
        var change: CatalogChange
        var arrival: ContinuousClock.Instant
        /// Only the leader may decide it.
        var needsLeader = false
        /// When it was taken, if this server was cut off then.
        var offlineMilliseconds: Int64?
        /// Of a server that is about to be no longer cut off.
        var isReturn = false
        var settle: Settle
    }

    private struct State {
        var waiting: [Waiting] = []
        var underWay: [EntryName: [Waiting]] = [:]
        var unsettledCount = 0
        var accepts = true
        /// Why nothing is taken now.
        var cutOff: String?
        var metrics = LogMetrics()
    }

    private let state = Mutex(State())
    /// Says that there is something to write.
    let news: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation

    /// Changes that may wait.
    private static let unsettledMax = 65_536
    /// Changes in one entry: bounds the time that the catalog's lock is held.
    private static let changesMax = 512
    /// What etcd takes in one request, by default, is half as much again; a larger change goes in
    /// parts.
    static let bytesMax = 1 << 20

    package init() {
        (news, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    package func append(_ change: CatalogChange, then settle: @escaping Settle) {
        enqueue([Waiting(change: change, arrival: .now, settle: settle)])
    }

    package func append(
        contentsOf changes: [CatalogChange]
    ) async -> [Result<CatalogWrite, CatalogLogError>] {
        await append(contentsOf: changes) { _ in false }
    }

    /// Appends what this server found or took while it was cut off, also as long as it counts as cut
    /// off; `taken` are the times of what owners asked for, nil for findings.
    func bring(
        _ changes: [(change: CatalogChange, taken: Int64?)]
    ) async -> [Result<CatalogWrite, CatalogLogError>] {
        guard !changes.isEmpty else { return [] }
        return await withCheckedContinuation { continuation in
            let batch = WaitingBatch(count: changes.count, continuation)
            enqueue(
                changes.map { change in
                    Waiting(
                        change: change.change,
                        arrival: .now,
                        offlineMilliseconds: change.taken,
                        isReturn: true
                    ) { batch.settle($0) }
                }
            )
        }
    }

    /// Appends many in their order; `needsLeader` says which of them only the leader may decide.
    func append(
        contentsOf changes: [CatalogChange],
        needsLeader: (CatalogChange) -> Bool
    ) async -> [Result<CatalogWrite, CatalogLogError>] {
        guard !changes.isEmpty else { return [] }
        return await withCheckedContinuation { continuation in
            let batch = WaitingBatch(count: changes.count, continuation)
            enqueue(
                changes.map { change in
                    Waiting(
                        change: change,
                        arrival: .now,
                        needsLeader: needsLeader(change)
                    ) { batch.settle($0) }
                }
            )
        }
    }

    func enqueue(_ changes: [Waiting]) {
        let refusal: CatalogLogError? = state.withLock { state in
            if !state.accepts { return .stopping }
            if let reason = state.cutOff, changes.contains(where: { !$0.isReturn }) {
                return .cutOff(reason: reason)
            }
            guard state.unsettledCount < Self.unsettledMax else { return .overloaded }
            state.unsettledCount += changes.count
            state.waiting += changes
            return nil
        }
        guard let refusal else {
            bell.yield()
            return
        }
        for change in changes { change.settle(.failure(refusal)) }
    }

    // MARK: - Figures

    /// What the log did, for `/metrics`.
    package var metrics: LogMetrics { state.withLock { $0.metrics } }

    /// True while so many changes wait that more are refused.
    package var isFull: Bool { state.withLock { $0.unsettledCount >= Self.unsettledMax } }

    /// Why changes are refused now; nil when they are not.
    var refusal: CatalogLogError? {
        state.withLock { state in
            state.accepts ? state.cutOff.map { .cutOff(reason: $0) } : .stopping
        }
    }

    /// True when nothing waits.
    var isIdle: Bool { state.withLock { $0.unsettledCount == 0 } }
}

// MARK: - The writer's side

extension ClusterLog {
    /// The changes of the next entry, already encoded; nil when nothing waits.
    func nextEntry(
        _ coding: any CatalogCoding
    ) -> (changes: [Waiting], bytes: [UInt8])? {
        while true {
            let batch = state.withLock { Self.batch(of: $0.waiting) }
            guard !batch.isEmpty else { return nil }
            do {
                let (bytes, count) = try coding.encode(
                    batch.map(\.change),
                    bytesMax: Self.bytesMax
                )
                // The queue may have been emptied by a cut-off meanwhile.
                let taken: [Waiting] = state.withLock { state in
                    let taken = Array(state.waiting.prefix(count))
                    state.waiting.removeFirst(taken.count)
                    return taken
                }
                guard taken.count == count else {
                    settle(taken, .failure(.unavailable(reason: Self.unsent)))
                    continue
                }
                return (taken, bytes)
            } catch {
                let first = state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
                guard let first else { continue }
                settle([first], .failure(.unavailable(reason: "\(error)")))
            }
        }
    }

    private static let unsent = "etcd was lost before the change was sent; nothing changed"

    /// The first ones that may share an entry.
    ///
    /// All changes of an entry have one index. A transaction tells the indexes of what it wrote, so
    /// it is the last of its entry: nobody can take a later value for the one that it was told of.
    private static func batch(of waiting: [Waiting]) -> [Waiting] {
        guard let first = waiting.first else { return [] }
        var batch: [Waiting] = []
        for next in waiting.prefix(changesMax) {
            guard next.needsLeader == first.needsLeader,
                (next.offlineMilliseconds == nil) == (first.offlineMilliseconds == nil),
                next.isReturn == first.isReturn
            else { break }
            batch.append(next)
            if case .transaction = next.change { break }
        }
        return batch
    }

    /// Notes that an entry is on its way; false when the server was cut off, and it must not be.
    func begin(_ name: EntryName, _ changes: [Waiting]) -> Bool {
        let isBegun = state.withLock { state in
            guard state.cutOff == nil || changes.allSatisfy(\.isReturn) else { return false }
            state.underWay[name] = changes
            return true
        }
        if !isBegun { settle(changes, .failure(refusal ?? .stopping)) }
        return isBegun
    }

    /// Takes back an entry that cannot come any more; nil when it has come.
    func takeBack(_ name: EntryName) -> [Waiting]? {
        state.withLock { $0.underWay.removeValue(forKey: name) }
    }

    /// True while an entry is not settled.
    func isUnderWay(_ name: EntryName) -> Bool { state.withLock { $0.underWay[name] != nil } }

    /// Settles the changes of an entry that this server's catalog has now.
    func applied(_ name: EntryName, _ results: [Result<CatalogWrite, CatalogLogError>]) {
        let now = ContinuousClock.now
        let changes: [Waiting]? = state.withLock { state in
            guard let changes = state.underWay.removeValue(forKey: name) else { return nil }
            state.unsettledCount -= changes.count
            state.metrics.changes += UInt64(changes.count)
            state.metrics.problem = nil
            for change in changes { state.metrics.propagation.record(now - change.arrival) }
            return changes
        }
        for (change, result) in zip(changes ?? [], results) { change.settle(result) }
    }

    /// Settles changes that were not made.
    func settle(_ changes: [Waiting], _ result: Result<CatalogWrite, CatalogLogError>) {
        guard !changes.isEmpty else { return }
        state.withLock { state in
            state.unsettledCount -= changes.count
            if case .failure(.unavailable(let reason)) = result {
                state.metrics.failedCommits += 1
                state.metrics.problem = reason
            }
        }
        for change in changes { change.settle(result) }
    }

    /// Notes how long etcd took for an entry.
    func noteCommit(took: Duration) { state.withLock { $0.metrics.commit.record(took) } }

    /// Refuses all from now on, and what waits: `reason` is for people.
    func cutOff(because reason: String) {
        let (waiting, underWay): ([Waiting], [Waiting]) = state.withLock { state in
            state.cutOff = reason
            defer {
                state.waiting = []
                state.underWay = [:]
            }
            return (state.waiting, state.underWay.values.flatMap { $0 })
        }
        // In their order, which those who brought many count on.
        settle(underWay, .failure(.cutOff(reason: reason + "; the change may have been made")))
        settle(waiting, .failure(.cutOff(reason: reason)))
    }

    /// Takes changes again.
    func resume() { state.withLock { $0.cutOff = nil } }

    /// Takes no more, for the server is stopping.
    func stop() {
        state.withLock { $0.accepts = false }
        bell.yield()
    }
}
