/// What can be configured of the prober.
package struct ProberSettings: Sendable {
    /// No more probes than this run together.
    package var probesInFlightMax = 1_000
    /// An output that changed while the status did not is written no sooner after the last one.
    package var outputInterval: Duration = .seconds(300)
    /// Counts such as `1/3 failures` are written as they move, but no more than so many a second.
    package var progressWritesPerSecondMax = 100
    /// Changes of health beyond so many a second have no log line of their own.
    package var transitionLinesPerSecondMax = 100
    package var damping = FlapDamping.Settings()
    package var evidence = EvidenceGuard.Settings()
    /// PEM file of authorities that TLS probes trust besides the system's; nil for none.
    package var trustedAuthoritiesFile: String?
    /// True: this prober shares the checks with those of other servers, and hears of heartbeats from
    /// them.
    package var isShared = false
    /// So much later than due something counts as run out: what another server heard takes a moment.
    package var leaseSlack: Duration = .zero

    package init() {}
}
