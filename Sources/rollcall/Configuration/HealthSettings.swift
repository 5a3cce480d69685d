internal import DNSWire

/// The `health` section: what probes may reach and when their results count.
struct HealthSettings: Hashable, Sendable {
    /// The only networks that are probed; link-local addresses never are.
    var allowedNetworks: [NetworkPrefix] = [
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "::1/128",
    ].compactMap { NetworkPrefix($0) }
    var probesInFlightMax = 1024
    var timeoutDefault = Duration.seconds(5)
    var intervalDefault = Duration.seconds(10)
    var failuresBeforeCritical = 3
    var successesBeforePassing = 1
}
