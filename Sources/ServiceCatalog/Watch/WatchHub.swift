/// Who waits for what: a change costs only for those who wait for what it touched.
struct WatchHub {
    /// One suspended watcher.
    struct Waiter {
        var id: UInt64
        var topic: WatchTopic
        var deadline: ContinuousClock.Instant
        var wakeUp: WakeUp

        func resume() { wakeUp.end() }
    }

    private var waiters: [UInt64: Waiter] = [:]
    private var ids: [WatchTopic: Set<UInt64>] = [:]
    private var lastID: UInt64 = 0
    /// No waiter's deadline is before this.
    private var earliestDeadline: ContinuousClock.Instant?

    var count: Int { waiters.count }

    mutating func nextID() -> UInt64 {
        lastID += 1
        return lastID
    }

    mutating func add(_ waiter: Waiter) {
        waiters[waiter.id] = waiter
        ids[waiter.topic.folded, default: []].insert(waiter.id)
        earliestDeadline = min(earliestDeadline ?? waiter.deadline, waiter.deadline)
    }

    /// Removes and returns one waiter; nil when it was woken already.
    mutating func take(_ id: UInt64) -> Waiter? {
        guard let waiter = waiters.removeValue(forKey: id) else { return nil }
        let topic = waiter.topic.folded
        ids[topic]?.remove(id)
        if ids[topic]?.isEmpty == true { ids[topic] = nil }
        return waiter
    }

    /// Removes and returns all who wait for one of `topics`.
    mutating func takeWaiters(on topics: [WatchTopic]) -> [Waiter] {
        guard !waiters.isEmpty else { return [] }
        var taken: [Waiter] = []
        for topic in topics {
            for id in ids.removeValue(forKey: topic) ?? [] {
                if let waiter = waiters.removeValue(forKey: id) { taken.append(waiter) }
            }
        }
        return taken
    }

    /// Removes and returns all whose deadline has come.
    mutating func takeExpired(now: ContinuousClock.Instant) -> [Waiter] {
        guard let earliestDeadline, earliestDeadline <= now else { return [] }
        let expired = waiters.values.filter { $0.deadline <= now }.map(\.id)
        let taken = expired.compactMap { take($0) }
        self.earliestDeadline = waiters.values.map(\.deadline).min()
        return taken
    }
}
