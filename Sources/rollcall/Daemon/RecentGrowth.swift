/// Says whether a counter has grown lately.
struct RecentGrowth {
    /// How long after the last growth it still counts as recent: a problem must not flicker.
    static let hold = Duration.seconds(10)

    private var count: UInt64?
    private var grewAt: ContinuousClock.Instant?

    /// Takes the counter's value; what it had at the first look is no growth.
    mutating func isRecent(_ value: UInt64, now: ContinuousClock.Instant) -> Bool {
        if let count, value > count { grewAt = now }
        count = value
        return grewAt.map { now - $0 < Self.hold } ?? false
    }
}
