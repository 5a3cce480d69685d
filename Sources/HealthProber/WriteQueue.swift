internal import HeapModule
package import ServiceCatalog

/// The changes that wait for the log: one for each thing, the newest wins.
///
/// A change that could not be stored is tried again after 100 ms, then twice as long each time, up
/// to 5 s; others do not wait for it.
package struct WriteQueue: Sendable {
    /// What a change is about.
    package enum Key: Hashable, Sendable {
        case status(CheckKey)
        case removal(InstanceKey)
        case sessionEnd(String)
    }

    /// A change to hand to the log.
    package struct Ticket: Hashable, Sendable {
        package let key: Key
        package let change: CatalogChange
    }

    private struct Entry {
        /// What waits; nil when all is under way.
        var waiting: CatalogChange?
        var dueAt: ProbeInstant
        var isInFlight = false
        /// True when what is under way is not to be tried again.
        var isCancelled = false
        var failures = 0
    }

    private struct Turn: Comparable {
        var dueAt: ProbeInstant
        var key: Key

        static func < (left: Turn, right: Turn) -> Bool { left.dueAt < right.dueAt }
        static func == (left: Turn, right: Turn) -> Bool { left.dueAt == right.dueAt }
    }

    private var entries: [Key: Entry] = [:]
    private var turns = Heap<Turn>()
    package private(set) var inFlight = 0
    /// No more appends than this run together; enough to fill the log's batches.
    package let inFlightMax: Int

    package init(inFlightMax: Int = 64) {
        self.inFlightMax = inFlightMax
    }

    /// Changes that wait or are under way.
    package var count: Int { entries.count }

    package var nextDue: ProbeInstant? { inFlight < inFlightMax ? turns.min?.dueAt : nil }

    package func contains(_ key: Key) -> Bool { entries[key] != nil }

    package func isInFlight(_ key: Key) -> Bool { entries[key]?.isInFlight ?? false }

    /// Queues a change; it replaces one that waits and follows one that is under way.
    package mutating func put(_ key: Key, _ change: CatalogChange, now: ProbeInstant) {
        if entries[key] == nil {
            entries[key] = Entry(waiting: change, dueAt: now)
            turns.insert(Turn(dueAt: now, key: key))
        } else {
            entries[key]?.waiting = change
        }
    }

    /// Drops what waits; what is under way is not stopped.
    package mutating func cancel(_ key: Key) {
        guard let entry = entries[key] else { return }
        if entry.isInFlight {
            entries[key]?.waiting = nil
            entries[key]?.isCancelled = true
        } else {
            entries[key] = nil
        }
    }

    /// The changes to append now.
    package mutating func takeReady(now: ProbeInstant) -> [Ticket] {
        var tickets: [Ticket] = []
        while inFlight < inFlightMax, let turn = turns.min, turn.dueAt <= now {
            turns.removeMin()
            guard let entry = entries[turn.key], !entry.isInFlight, entry.dueAt == turn.dueAt,
                let change = entry.waiting
            else { continue }
            entries[turn.key]?.waiting = nil
            entries[turn.key]?.isInFlight = true
            inFlight += 1
            tickets.append(Ticket(key: turn.key, change: change))
        }
        return tickets
    }

    /// Ends an append; called exactly once for each ticket.
    ///
    /// - Returns: true when it is to be tried again.
    @discardableResult
    package mutating func finish(
        _ ticket: Ticket,
        error: CatalogLogError?,
        now: ProbeInstant
    ) -> Bool {
        inFlight -= 1
        guard var entry = entries[ticket.key] else { return false }
        entry.isInFlight = false
        defer { entries[ticket.key]?.isCancelled = false }
        var isRetried = false
        switch error {
        case .unavailable, .overloaded, .cutOff:
            isRetried = true
            entry.failures += 1
            if !entry.isCancelled { entry.waiting = entry.waiting ?? ticket.change }
            entry.dueAt = now + .milliseconds(min(100 << min(entry.failures - 1, 10), 5_000))
        case nil, .rejected, .stopping:
            entry.failures = 0
            entry.dueAt = now
        }
        guard entry.waiting != nil else {
            entries[ticket.key] = nil
            return false
        }
        entries[ticket.key] = entry
        turns.insert(Turn(dueAt: entry.dueAt, key: ticket.key))
        return isRetried
    }
}
