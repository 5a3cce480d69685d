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
    /// How many wait for prefixes of each length in bytes.
    private var prefixLengths: [Int: Int] = [:]
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
        countPrefix(of: waiter, by: 1)
        earliestDeadline = min(earliestDeadline ?? waiter.deadline, waiter.deadline)
    }

    /// Removes and returns one waiter; nil when it was woken already.
    mutating func take(_ id: UInt64) -> Waiter? {
        guard let waiter = waiters.removeValue(forKey: id) else { return nil }
        countPrefix(of: waiter, by: -1)
        let topic = waiter.topic.folded
        ids[topic]?.remove(id)
        if ids[topic]?.isEmpty == true { ids[topic] = nil }
        return waiter
    }

    /// Removes and returns all who wait for something that `delta` touched.
    mutating func takeWaiters(touchedBy delta: CatalogDelta) -> [Waiter] {
        guard !waiters.isEmpty else { return [] }
        var taken: [Waiter] = []
        for topic in WatchTopic.touched(by: delta) { take(topic, &taken) }
        for case .keyValue(let old, let new) in delta.events {
            guard let key = (new ?? old)?.key else { continue }
            take(.key(key), &taken)
            // A prefix that ends within a character is nobody's.
            for length in prefixLengths.keys {
                if let end = key.utf8.index(
                    key.utf8.startIndex,
                    offsetBy: length,
                    limitedBy: key.utf8.endIndex
                ), let prefix = String(key.utf8[..<end]) {
                    take(.keyPrefix(prefix), &taken)
                }
            }
        }
        return taken
    }

    private mutating func take(_ topic: WatchTopic, _ taken: inout [Waiter]) {
        for id in ids.removeValue(forKey: topic) ?? [] {
            guard let waiter = waiters.removeValue(forKey: id) else { continue }
            countPrefix(of: waiter, by: -1)
            taken.append(waiter)
        }
    }

    private mutating func countPrefix(of waiter: Waiter, by difference: Int) {
        guard case .keyPrefix(let prefix) = waiter.topic else { return }
        let count = (prefixLengths[prefix.utf8.count] ?? 0) + difference
        prefixLengths[prefix.utf8.count] = count > 0 ? count : nil
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
