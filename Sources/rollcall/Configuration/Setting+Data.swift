extension Setting {
    /// The keys about the stored catalog.
    static let data: [Setting] = [
        .one(
            "data.snapshot_interval",
            \.data.snapshotInterval,
            .duration(such: "1d", .zero ... .seconds(2_592_000))
        ),
        .one(
            "data.snapshot_journal_bytes",
            \.data.snapshotJournalBytes,
            .bytes(65_536...(1 << 36))
        ),
        .one(
            "data.snapshot_pause",
            \.data.snapshotPause,
            .duration(such: "1m", .zero ... .seconds(86_400))
        ),
        .one("data.fold_changes", \.data.foldChanges, .number(16...1_000_000)),
    ]
}
