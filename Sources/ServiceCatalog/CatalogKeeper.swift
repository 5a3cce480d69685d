internal import Synchronization

/// Told of each change while nobody else can read or write the catalog.
package protocol CatalogListener: Sendable {
    /// Must not block and must not call the keeper.
    func catalogDidChange(_ delta: CatalogDelta, in catalog: borrowing Catalog)
}

/// The one owner of the catalog: applies what the log hands back, tells the listeners, wakes the
/// watchers.
///
/// Readers and the writer share a short lock. When `apply` returns, the listeners have published:
/// an acknowledged write is in the next answer.
package final class CatalogKeeper: Sendable {
    private struct State: ~Copyable {
        var catalog: Catalog
        var watchers = WatchHub()
    }

    private let state: Mutex<State>
    private let listeners: Mutex<[any CatalogListener]> = Mutex([])

    package init(_ catalog: consuming Catalog) {
        self.state = Mutex(State(catalog: catalog))
    }

    /// Adds a listener and brings it up to date in the same step, so that it misses nothing.
    ///
    /// `start` runs under the catalog's lock, before any later change.
    package func add(
        _ listener: any CatalogListener,
        start: (borrowing Catalog) -> Void = { _ in }
    ) {
        state.withLock { state in
            start(state.catalog)
            listeners.withLock { $0.append(listener) }
        }
    }

    /// The catalog as it is now, to be looked at for as long as it takes.
    ///
    /// Cost: nobody waits for the reader; while it holds the copy, a write copies the pieces that
    /// it touches, some tens of KiB. For reads of more than one service or thing.
    package func snapshot() -> Catalog { state.withLock { $0.catalog } }

    /// Runs `body` on the catalog; it must be short.
    package func read<Result>(
        _ body: (borrowing Catalog) throws -> sending Result
    ) rethrows
        -> sending Result
    {
        try state.withLock { state in try body(state.catalog) }
    }

    /// Runs `body` on what `topic` shows: on a snapshot where that may be much.
    package func read<Result: Sendable>(
        about topic: WatchTopic,
        _ body: (borrowing Catalog) throws -> Result
    ) rethrows -> Result {
        let found: (result: Result?, snapshot: Catalog?) = try state.withLock { state in
            let isShort: Bool
            switch topic {
            case .service(let name):
                isShort = state.catalog.instanceCount(ofService: name) <= Self.shortReadMax
            case .key: isShort = true
            default: isShort = false
            }
            return isShort ? (try body(state.catalog), nil) : (nil, state.catalog)
        }
        if let result = found.result { return result }
        return try body(found.snapshot ?? snapshot())
    }

    /// Instances of a service that are read while others wait: some hundred microseconds.
    private static let shortReadMax = 500

    /// Applies `changes` in order, the first at `index`, the others at the numbers that follow.
    ///
    /// - Returns: for each change what came of it, or why it was refused.
    package func apply(
        _ changes: [CatalogChange],
        from index: CatalogIndex
    ) -> [Result<CatalogWrite, CatalogRejection>] {
        publish { catalog in
            catalog.apply(changes) { index + UInt64($0) }
        }
    }

    /// Applies `changes`, which a cluster's store took as one, in order and all at `index`.
    ///
    /// - Parameter limits: what the catalog refuses to hold more of; nil: as before.
    /// - Returns: for each change what came of it, or why it was refused.
    package func apply(
        together changes: [CatalogChange],
        at index: CatalogIndex,
        limits: CatalogLimits? = nil
    ) -> [Result<CatalogWrite, CatalogRejection>] {
        publish { catalog in
            if let limits { catalog.limits = limits }
            return catalog.apply(changes) { _ in index }
        }
    }

    /// Makes the catalog this one, and tells the listeners how they differ.
    ///
    /// `difference` is `new.difference(from:)` of what `snapshot()` gave; nobody else may have
    /// written since. Why: to find it takes longer than others should wait.
    package func replace(with new: consuming Catalog, difference: CatalogDelta) {
        let new = new
        publish { catalog in
            catalog = new
            return ((), difference.isEmpty ? nil : difference)
        }
    }

    /// Changes the catalog, tells the listeners while nobody else can read it, then wakes the
    /// watchers.
    private func publish<Outcome: Sendable>(
        _ change: (inout Catalog) -> (Outcome, CatalogDelta?)
    ) -> Outcome {
        let listeners = listeners.withLock { $0 }
        let (outcome, woken) = state.withLock { state in
            let (outcome, delta) = change(&state.catalog)
            guard let delta else { return (outcome, [WatchHub.Waiter]()) }
            for listener in listeners { listener.catalogDidChange(delta, in: state.catalog) }
            return (outcome, state.watchers.takeWaiters(touchedBy: delta))
        }
        for waiter in woken { waiter.resume() }
        return outcome
    }

    /// Returns when the index of `topic` is above `index`, or at `deadline`, or when the task is
    /// cancelled, or when somebody else ends `wakeUp`.
    package func wait(
        for topic: WatchTopic,
        above index: CatalogIndex,
        until deadline: ContinuousClock.Instant,
        wakeUp: WakeUp = WakeUp()
    ) async {
        let added: UInt64? = state.withLock { state in
            guard state.catalog.index(of: topic) <= index else { return nil }
            let id = state.watchers.nextID()
            state.watchers.add(
                WatchHub.Waiter(id: id, topic: topic, deadline: deadline, wakeUp: wakeUp)
            )
            return id
        }
        guard let id = added else { return }
        await wakeUp.wait()
        state.withLock { _ = $0.watchers.take(id) }
    }

    /// How many wait.
    package var waiterCount: Int { state.withLock { $0.watchers.count } }

    /// Wakes the waiters whose deadline has come; called a few times a second.
    package func wakeExpired(now: ContinuousClock.Instant) {
        let woken = state.withLock { $0.watchers.takeExpired(now: now) }
        for waiter in woken { waiter.resume() }
    }
}
