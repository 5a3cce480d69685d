/// Counts durations by upper bounds, as Prometheus' histograms do.
package struct DurationHistogram: Hashable, Sendable {
    /// Upper bounds in seconds; all that is longer is counted in the total only.
    package static let boundsSeconds = [
        0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5,
    ]

    /// How many were within each bound, and not within the one before.
    package private(set) var counts = [UInt64](repeating: 0, count: boundsSeconds.count)
    package private(set) var count: UInt64 = 0
    package private(set) var sumSeconds = 0.0

    package init() {}

    /// Counts one duration.
    package mutating func record(_ duration: Duration) {
        let seconds = duration / .seconds(1)
        count += 1
        sumSeconds += seconds
        if let bound = Self.boundsSeconds.firstIndex(where: { seconds <= $0 }) {
            counts[bound] += 1
        }
    }
}
