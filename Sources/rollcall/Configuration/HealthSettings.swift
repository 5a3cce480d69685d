internal import DNSWire
internal import ServiceCatalog

/// The `health` section: what probes may reach and when their results count.
struct HealthSettings: Hashable, Sendable {
    /// The only networks that are probed; link-local addresses need an entry of their own.
    var allowedNetworks = ProbeTargetPolicy.privateNetworks.allowed
    var probesInFlightMax = 1024
    var timeoutDefault = Duration.seconds(5)
    var intervalDefault = Duration.seconds(10)
    var failuresBeforeCritical = 3
    var successesBeforePassing = 1
    /// Falls within a few half-lives that make a check count as flapping; 0 for never.
    var flapFallsMax = 3
    var flapHalfLife = Duration.seconds(120)
    /// Below so many percent of healthy instances all are answered; 0 for never.
    var panicThreshold = 0
    var panicThresholdPerService: [String: Int] = [:]
}
