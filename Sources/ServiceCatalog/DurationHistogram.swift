/// Counts durations by upper bounds, as Prometheus' histograms do.
package struct DurationHistogram: Hashable, Sendable {
    /// Upper bounds in seconds; all that is longer is counted in the total only.
    package static let boundsSeconds = [
        0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5,
    ]

    private static let boundsNanoseconds = boundsSeconds.map { Int64($0 * 1e9) }

    /// How many were within each bound, and not within the one before.
    package private(set) var counts = [UInt64](repeating: 0, count: boundsSeconds.count)
    package private(set) var count: UInt64 = 0
    private var sumNanoseconds: Int64 = 0

    package var sumSeconds: Double { Double(sumNanoseconds) / 1e9 }

    package init() {}

    /// Counts one duration.
    package mutating func record(_ duration: Duration) {
        // Whole nanoseconds: dividing durations costs more than all the rest.
        let (seconds, attoseconds) = duration.components
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        count += 1
        sumNanoseconds += nanoseconds
        if let bound = Self.boundsNanoseconds.firstIndex(where: { nanoseconds <= $0 }) {
            counts[bound] += 1
        }
    }
}
