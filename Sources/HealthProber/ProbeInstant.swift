/// A point of the prober's clock, in nanoseconds since an origin that the service picks.
///
/// Why: half the size of `ContinuousClock.Instant`, and tests make their own.
package struct ProbeInstant: Hashable, Comparable, Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    package static let zero = ProbeInstant(nanoseconds: 0)

    package static func < (left: ProbeInstant, right: ProbeInstant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    package static func + (left: ProbeInstant, right: Duration) -> ProbeInstant {
        ProbeInstant(nanoseconds: left.nanoseconds + right.nanoseconds)
    }

    package static func - (left: ProbeInstant, right: ProbeInstant) -> Duration {
        .nanoseconds(left.nanoseconds - right.nanoseconds)
    }
}

extension Duration {
    /// Whole nanoseconds; a length above 146 years counts as 146 years.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let secondsMax = Int64.max / 2_000_000_000
        return min(max(seconds, -secondsMax), secondsMax) * 1_000_000_000
            + attoseconds / 1_000_000_000
    }

    /// Seconds with a fraction, for metrics and logs.
    var seconds: Double { Double(nanoseconds) / 1e9 }
}
