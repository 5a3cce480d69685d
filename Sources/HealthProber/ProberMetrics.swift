package import ServiceCatalog

/// What the prober counted since it started, and how it stands now.
package struct ProberMetrics: Hashable, Sendable {
    /// One series of the probe counter.
    package struct ProbeSeries: Hashable, Sendable {
        /// As `CheckDefinition.typeName`.
        package var type: String
        package var result: HealthStatus
    }

    /// Upper bounds of the lateness buckets, in seconds; one more bucket holds the rest.
    package static let latenessBounds = [0.005, 0.01, 0.025, 0.1, 0.5, 1, 5, 30]

    /// Probes that ended and whose check still exists.
    package var probes: [ProbeSeries: UInt64] = [:]
    /// Results of checks that were removed or redefined meanwhile.
    package var probesDropped: UInt64 = 0
    /// How late probes began: a count for each bound, and one for later ones.
    package var lateness = [UInt64](repeating: 0, count: latenessBounds.count + 1)
    package var latenessSecondsSum = 0.0
    package var latenessSecondsMax = 0.0
    package var transitions: UInt64 = 0
    /// Verdicts that were not believed: a mass failure, a pause, or a fault of this host.
    package var verdictsHeld: UInt64 = 0
    package var pauses: UInt64 = 0
    package var pausedSecondsSum = 0.0
    package var leaseExpiries: UInt64 = 0
    package var ttlExpiries: UInt64 = 0
    /// Instances that left because they were critical for too long.
    package var criticalRemovals: UInt64 = 0
    package var writeFailures: UInt64 = 0
    /// Times that a check began to be held down for flapping.
    package var flapHolds: UInt64 = 0

    // Gauges, filled by `Prober.snapshot`.
    package var checksScheduled = 0
    package var probesInFlight = 0
    package var leases = 0
    package var writesWaiting = 0
    package var isHolding = false
    package var checksFlapping = 0

    package init() {}

    mutating func noteLateness(_ lateness: Duration) {
        let seconds = max(lateness.seconds, 0)
        let bucket = Self.latenessBounds.firstIndex { seconds <= $0 }
        self.lateness[bucket ?? Self.latenessBounds.count] += 1
        latenessSecondsSum += seconds
        latenessSecondsMax = max(latenessSecondsMax, seconds)
    }
}
