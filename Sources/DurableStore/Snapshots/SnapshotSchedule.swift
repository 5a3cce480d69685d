internal import ServiceCatalog

/// When the log writes its next snapshot, and how much of the journal has to stay for the last.
///
/// The journal is kept back to the newest snapshot: rows that the disk loses can be made again from
/// the two, and nothing is missing.
struct SnapshotSchedule {
    private let policy: SnapshotPolicy?
    /// Where the newest snapshot ends; nil: there is none, or the last attempt failed, and then the
    /// journal is no longer than it has to be.
    private(set) var position: UInt64?
    /// Since the last one.
    private var journalBytes: Int
    private var lastBytes: Int
    private var lastStart: ContinuousClock.Instant
    private(set) var isUnderWay = false

    init(
        _ policy: SnapshotPolicy?,
        last: SnapshotFile?,
        journalBytes: Int,
        now: ContinuousClock.Instant
    ) {
        self.policy = policy
        position = policy == nil ? nil : last?.position
        self.journalBytes = journalBytes
        lastBytes = last?.size ?? 0
        lastStart = now
    }

    var isOff: Bool { policy == nil }

    /// True when something came after the newest snapshot.
    func isBehind(_ newest: UInt64) -> Bool { policy != nil && position ?? 0 < newest }

    mutating func noteCommit(bytes: Int) { journalBytes += bytes }

    func isDue(now: ContinuousClock.Instant) -> Bool {
        guard let policy, !isUnderWay, journalBytes > 0 else { return false }
        let age = now - lastStart
        guard age >= policy.pause else { return false }
        return age >= policy.interval || journalBytes >= max(policy.journalBytes, lastBytes)
    }

    mutating func begin(now: ContinuousClock.Instant) {
        isUnderWay = true
        journalBytes = 0
        lastStart = now
    }

    mutating func note(_ outcome: StandaloneLog.SnapshotOutcome) {
        isUnderWay = false
        switch outcome {
        case .written(let file, _):
            position = file.position
            lastBytes = file.size
        case .failed: position = nil
        }
    }

    /// What of the journal may go, when the rows have all up to `folded`.
    func forgettable(_ folded: UInt64) -> UInt64 { min(folded, position ?? .max) }
}
