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
    ]
}
