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
}
