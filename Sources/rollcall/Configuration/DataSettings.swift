internal import DurableStore

/// The `data` section.
struct DataSettings: Hashable, Sendable {
    /// How often a snapshot of the catalog is written beside it; zero: never.
    var snapshotInterval = Duration.seconds(86_400)
    /// How much the journal grows until one is written.
    var snapshotJournalBytes = 64 << 20
    /// How much time there is at least between two of them.
    var snapshotPause = Duration.seconds(60)
    /// How many changes the journal gathers before they are folded into the rows.
    var foldChanges = 65_536

    /// Nil: no snapshots.
    var policy: SnapshotPolicy? {
        guard snapshotInterval > .zero else { return nil }
        return SnapshotPolicy(
            interval: snapshotInterval,
            journalBytes: snapshotJournalBytes,
            pause: snapshotPause
        )
    }
}
