internal import HeapModule
package import ServiceCatalog

/// When leases, TTL checks, critical instances and sessions run out.
///
/// A value on its own clock, which stands still while the process does not run: `extendAll` moves
/// every deadline at once.
/// Cost: a renewal is one dictionary access; the heap learns of it when the old deadline comes.
package struct LeaseSchedule: Sendable {
    /// What runs out.
    package enum Key: Hashable, Sendable {
        /// The instance is removed.
        case lease(InstanceKey)
        /// The check becomes critical.
        case ttl(CheckKey)
        /// The check has been critical for so long that its instance is removed.
        case criticalTerm(CheckKey)
        /// The session ends.
        case session(String)
    }

    private struct Term {
        var length: Duration
        /// What the end is conditional on; empty but for leases and sessions.
        var leaseID: String
        /// On the schedule's own clock.
        var deadline: ProbeInstant
        /// The deadline of its turn in the heap; nil when it has none.
        var queued: ProbeInstant?
    }

    private struct Turn: Comparable {
        var deadline: ProbeInstant
        var key: Key

        static func < (left: Turn, right: Turn) -> Bool { left.deadline < right.deadline }
        static func == (left: Turn, right: Turn) -> Bool { left.deadline == right.deadline }
    }

    private var terms: [Key: Term] = [:]
    private var turns = Heap<Turn>()
    /// The keys that owners renew, by their numbers; nil unless other servers tell of heartbeats.
    private var numbers: [UInt64: Key]?
    /// For how long the process did not run, in sum.
    private var paused: Duration = .zero
    package private(set) var leaseCount = 0

    /// - Parameter isShared: other servers tell of heartbeats.
    package init(isShared: Bool = false) { numbers = isShared ? [:] : nil }

    /// The key whose number this is.
    package func key(numbered number: UInt64) -> Key? { numbers?[number] }

    /// Turns in the heap, stale ones included.
    var turnCount: Int { turns.count }

    /// No deadline comes before this.
    package var nextDeadline: ProbeInstant? { turns.min.map { $0.deadline + paused } }

    /// Starts or restarts a term.
    package mutating func set(
        _ key: Key,
        length: Duration,
        leaseID: String = "",
        now: ProbeInstant
    ) {
        let deadline = now + (length - paused)
        if terms[key] == nil, case .lease = key { leaseCount += 1 }
        if terms[key] == nil, let number = key.number { numbers?[number] = key }
        var term = Term(length: length, leaseID: leaseID, deadline: deadline)
        term.queued = terms[key]?.queued
        terms[key] = queue(term, for: key)
    }

    /// True when `key` has a term, run out or not.
    package func contains(_ key: Key) -> Bool { terms[key] != nil }

    package mutating func remove(_ key: Key) {
        guard terms.removeValue(forKey: key) != nil else { return }
        if case .lease = key { leaseCount -= 1 }
        if let number = key.number { numbers?[number] = nil }
        guard turns.count > 2 * terms.count + 64 else { return }
        turns = Heap(turns.unordered.filter { terms[$0.key]?.queued == $0.deadline })
    }

    /// Gives a lease a new term.
    ///
    /// - Returns: nil when there is none, or when it has run out: the owner must register again.
    package mutating func renewLease(of instance: InstanceKey, now: ProbeInstant) -> Lease? {
        let key = Key.lease(instance)
        guard let term = terms[key], term.queued != nil else { return nil }
        terms[key]?.deadline = now + (term.length - paused)
        return Lease(
            id: term.leaseID,
            ttlMilliseconds: Int(term.length.nanoseconds / 1_000_000)
        )
    }

    /// Gives a TTL check a new term, also when it has run out.
    package mutating func renewTTL(of check: CheckKey, now: ProbeInstant) -> Bool {
        guard var term = terms[.ttl(check)] else { return false }
        term.deadline = now + (term.length - paused)
        terms[.ttl(check)] = queue(term, for: .ttl(check))
        return true
    }

    /// Gives a session a new term; false when there is none, or when it has run out.
    package mutating func renewSession(_ id: String, now: ProbeInstant) -> Bool {
        guard let term = terms[.session(id)], term.queued != nil else { return false }
        terms[.session(id)]?.deadline = now + (term.length - paused)
        return true
    }

    /// Moves all deadlines by the time that the process did not run.
    package mutating func extendAll(by pause: Duration) { paused += pause }

    /// Gives everything a new term.
    package mutating func restartAll(now: ProbeInstant) {
        for (key, term) in terms {
            var term = term
            term.deadline = now + (term.length - paused)
            terms[key] = queue(term, for: key)
        }
    }

    /// What has run out, at most `countMax`; each once, until it is set or renewed again.
    package mutating func takeExpired(
        now: ProbeInstant,
        countMax: Int = 1_000
    ) -> [(key: Key, leaseID: String)] {
        let own = ProbeInstant(nanoseconds: now.nanoseconds - paused.nanoseconds)
        var expired: [(key: Key, leaseID: String)] = []
        while expired.count < countMax, let turn = turns.min, turn.deadline <= own {
            turns.removeMin()
            guard var term = terms[turn.key], term.queued == turn.deadline else { continue }
            term.queued = nil
            if term.deadline > own {
                term = queue(term, for: turn.key)
            } else {
                expired.append((turn.key, term.leaseID))
            }
            terms[turn.key] = term
        }
        return expired
    }

    /// Puts a turn into the heap unless an earlier one stands there already.
    private mutating func queue(_ term: Term, for key: Key) -> Term {
        if let queued = term.queued, queued <= term.deadline { return term }
        var term = term
        term.queued = term.deadline
        turns.insert(Turn(deadline: term.deadline, key: key))
        return term
    }
}

extension LeaseSchedule.Key {
    /// What servers tell each other of a heartbeat by; nil for what no owner renews.
    package var number: UInt64? {
        switch self {
        case .lease(let instance):
            StableHash.of(CheckKey(node: "lease\0" + instance.node, id: instance.id))
        case .ttl(let check): StableHash.of(CheckKey(node: "ttl\0" + check.node, id: check.id))
        case .session(let id): StableHash.of("session\0" + id)
        case .criticalTerm: nil
        }
    }
}
