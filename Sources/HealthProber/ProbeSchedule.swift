internal import HeapModule

/// When each check is probed next: a value that says what to start and never starts it.
///
/// Why: one binary heap for all checks instead of a timer or a task each.
/// Cost: 24 bytes a check and 16 bytes a turn in the heap; O(log n) for each start and end.
package struct ProbeSchedule: Sendable {
    /// Names one scheduled check; a slot is reused under a new generation.
    package struct ID: Hashable, Sendable {
        package let slot: UInt32
        package let generation: UInt32
    }

    /// When a new entry is first due.
    package enum FirstRun: Sendable {
        /// Now; when many come together, one after another, 5,000 a second.
        case atOnce
        /// At random within one interval: after a restart nothing is urgent.
        case withinInterval
    }

    /// When an entry is due again after a probe.
    package enum NextRun: Hashable, Sendable {
        /// One interval after the end, less up to a tenth of it.
        ///
        /// Why less and never more: a dead instance must be noticed within the interval.
        case regular
        /// After a fixed time: to confirm a failure quickly.
        case soon(Duration)
    }

    /// A probe to be started.
    package struct Start: Hashable, Sendable {
        package let id: ID
        /// How long after it was due.
        package let lateness: Duration
    }

    private struct Entry {
        var due: ProbeInstant
        var intervalMilliseconds: UInt32
        var generation: UInt32
        var isScheduled: Bool
    }

    /// An entry's place in the heap; stale when the entry has another due time or generation.
    private struct Turn: Comparable {
        var due: ProbeInstant
        var slot: UInt32
        var generation: UInt32

        static func < (left: Turn, right: Turn) -> Bool { left.due < right.due }
    }

    /// Bytes that a scheduled check takes, its turn in the heap included.
    static let bytesPerCheck = MemoryLayout<Entry>.stride + MemoryLayout<Turn>.stride
    /// First runs that start without spreading, in one second.
    private static let newcomersAtOnceMax = 100
    private static let newcomerGap: Duration = .microseconds(200)
    private static let intervalMillisecondsMin = 100

    private var entries: [Entry] = []
    private var freeSlots: [UInt32] = []
    private var turns = Heap<Turn>()
    /// When the next newcomer would be due, had none ever begun at once.
    private var newcomerDue = ProbeInstant.zero
    /// When the first of those came that are due one after another.
    private var newcomersSince = ProbeInstant.zero
    private var random: ProbeRandom
    /// Number of scheduled checks, those in flight included.
    package private(set) var count = 0
    /// Probes that were started and have not ended, those of removed checks included.
    package private(set) var inFlight = 0
    /// No more probes than this run together.
    package let inFlightMax: Int

    package init(inFlightMax: Int = 1_000, random: ProbeRandom = ProbeRandom()) {
        precondition(inFlightMax > 0, "inFlightMax is \(inFlightMax)")
        self.inFlightMax = inFlightMax
        self.random = random
    }

    /// Turns in the heap, stale ones included.
    var turnCount: Int { turns.count }

    /// When something is due; nil when nothing is, or when as many run as may.
    package var nextDue: ProbeInstant? { inFlight < inFlightMax ? turns.min?.due : nil }

    /// Schedules a check.
    package mutating func add(
        intervalMilliseconds: Int,
        first: FirstRun,
        now: ProbeInstant
    ) -> ID {
        let interval = UInt32(
            clamping: max(intervalMilliseconds, Self.intervalMillisecondsMin)
        )
        let due = now + firstDelay(first, intervalMilliseconds: interval, now: now)
        let slot: UInt32
        if let free = freeSlots.popLast() {
            slot = free
        } else {
            slot = UInt32(entries.count)
            entries.append(
                Entry(due: due, intervalMilliseconds: 0, generation: 0, isScheduled: false)
            )
        }
        entries[Int(slot)].due = due
        entries[Int(slot)].intervalMilliseconds = interval
        entries[Int(slot)].isScheduled = true
        count += 1
        let id = ID(slot: slot, generation: entries[Int(slot)].generation)
        push(id, due: due)
        return id
    }

    /// Forgets a check; a probe of it that runs ends as stale.
    package mutating func remove(_ id: ID) {
        guard isCurrent(id) else { return }
        entries[Int(id.slot)].generation &+= 1
        entries[Int(id.slot)].isScheduled = false
        freeSlots.append(id.slot)
        count -= 1
        dropStaleTurns()
    }

    /// The probes to start now, the longest overdue first, at most `countMax`.
    package mutating func takeDue(now: ProbeInstant, countMax: Int = .max) -> [Start] {
        var starts: [Start] = []
        while inFlight < inFlightMax, starts.count < countMax, let turn = turns.min,
            turn.due <= now
        {
            turns.removeMin()
            let id = ID(slot: turn.slot, generation: turn.generation)
            guard isCurrent(id), entries[Int(id.slot)].due == turn.due else { continue }
            inFlight += 1
            starts.append(Start(id: id, lateness: now - turn.due))
        }
        return starts
    }

    /// Ends a probe; called exactly once for each start.
    ///
    /// - Returns: false when the check was removed meanwhile: the result is to be dropped.
    package mutating func finish(_ id: ID, next: NextRun, now: ProbeInstant) -> Bool {
        precondition(inFlight > 0, "a probe of slot \(id.slot) ended twice")
        inFlight -= 1
        guard isCurrent(id) else { return false }
        let due: ProbeInstant
        switch next {
        case .regular:
            let interval = Int64(entries[Int(id.slot)].intervalMilliseconds) * 1_000_000
            let jitter = Int64.random(in: 0...interval / 10, using: &random)
            due = ProbeInstant(nanoseconds: now.nanoseconds + interval - jitter)
        case .soon(let delay):
            due = now + delay
        }
        entries[Int(id.slot)].due = due
        push(id, due: due)
        return true
    }

    /// True while the check that got `id` is scheduled.
    package func isCurrent(_ id: ID) -> Bool {
        Int(id.slot) < entries.count && entries[Int(id.slot)].isScheduled
            && entries[Int(id.slot)].generation == id.generation
    }

    private mutating func firstDelay(
        _ first: FirstRun,
        intervalMilliseconds: UInt32,
        now: ProbeInstant
    ) -> Duration {
        let interval = Int64(intervalMilliseconds) * 1_000_000
        if first == .atOnce {
            if newcomerDue <= now {
                newcomerDue = now
                newcomersSince = now
            }
            let due = newcomerDue + Self.newcomerGap
            let delay = due - now - Self.newcomerGap * Self.newcomersAtOnceMax
            // When the first of them are about to have their second turn, no more are added.
            if (due - newcomersSince).nanoseconds < interval / 10 * 9 {
                newcomerDue = due
                return max(delay, .zero)
            }
        }
        // A part of a turn's length: so the first round passes into the second without a seam.
        let turn = interval - Int64.random(in: 0...interval / 10, using: &random)
        return .nanoseconds(Int64.random(in: 0..<turn, using: &random))
    }

    private mutating func push(_ id: ID, due: ProbeInstant) {
        turns.insert(Turn(due: due, slot: id.slot, generation: id.generation))
    }

    /// Keeps the heap below twice the number of checks, whatever comes and goes.
    private mutating func dropStaleTurns() {
        guard turns.count > 2 * count + 64 else { return }
        let current = turns.unordered.filter { turn in
            let entry = entries[Int(turn.slot)]
            return entry.isScheduled && entry.generation == turn.generation
                && entry.due == turn.due
        }
        turns = Heap(current)
    }
}
