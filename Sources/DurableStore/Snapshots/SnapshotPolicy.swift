/// When a snapshot of the stored catalog is written.
package struct SnapshotPolicy: Hashable, Sendable {
    /// At least so often, if anything changed.
    package var interval: Duration
    /// As soon as the journal has grown by so many bytes, and by as many as the last snapshot has:
    /// bounds both the disk and what is written to it.
    package var journalBytes: Int
    /// Never sooner than so long after the one before.
    package var pause: Duration

    package init(
        interval: Duration = .seconds(86_400),
        journalBytes: Int = 64 << 20,
        pause: Duration = .seconds(60)
    ) {
        self.interval = interval
        self.journalBytes = journalBytes
        self.pause = pause
    }
}
