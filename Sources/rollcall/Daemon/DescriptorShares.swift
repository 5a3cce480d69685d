#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// How many connections of each kind may be open at once, so that the process never runs out of
/// descriptors.
///
/// Why: without a free descriptor no probe can start, the store cannot open its files, and the
/// system library that runs tasks ends the process (libdispatch reads `/proc` once a second).
/// Anybody who may connect could bring that about by opening connections.
struct DescriptorShares: Hashable, Sendable {
    /// For files, listeners, event loops, and connections that are closed as soon as they are seen.
    private static let reserve = 256
    private static let forwardedQueriesWanted = 1024

    /// What the process may open.
    let descriptorsMax: Int
    var httpConnectionsMax: Int
    var dnsConnectionsMax: Int
    /// Of DNS over TLS and HTTPS.
    var encryptedDNSConnectionsMax: Int
    var probesInFlightMax: Int
    /// Each has a socket to a recursor.
    var forwardedQueriesMax: Int
    /// The same for those that came over TLS and HTTPS.
    var encryptedForwardedQueriesMax: Int
    /// True when the settings ask for more than the process may open.
    var isReduced: Bool

    /// What the settings ask for, or the same share of each when it is too much.
    init(_ configuration: Configuration, descriptorsMax: Int) {
        self.descriptorsMax = descriptorsMax
        let http = configuration.http.connectionsMax
        let dns = configuration.dns.tcpConnectionsMax
        let probes = configuration.health.probesInFlightMax
        let forwarded = configuration.dns.recursors.isEmpty ? 0 : Self.forwardedQueriesWanted
        let isEncrypted = configuration.dns.encrypted.isUsed
        let encrypted = isEncrypted ? configuration.dns.encrypted.connectionsMax : 0
        let encryptedForwarded = isEncrypted ? forwarded / 4 : 0
        let wanted = http + dns + encrypted + probes + forwarded + encryptedForwarded
        let available = max(descriptorsMax - Self.reserve, descriptorsMax / 4)
        isReduced = wanted > available
        let share = isReduced ? Double(available) / Double(wanted) : 1
        func reduced(_ count: Int) -> Int { max(1, Int(Double(count) * share)) }
        httpConnectionsMax = reduced(http)
        dnsConnectionsMax = reduced(dns)
        encryptedDNSConnectionsMax = reduced(encrypted)
        probesInFlightMax = reduced(probes)
        forwardedQueriesMax = reduced(forwarded)
        encryptedForwardedQueriesMax = reduced(encryptedForwarded)
    }

    /// Raises the process' limit as far as it may and returns it.
    static func raiseLimit() -> Int {
        var limit = rlimit()
        let resource = descriptorResource
        guard unsafe getrlimit(resource, &limit) == 0 else { return 1024 }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if unsafe setrlimit(resource, &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }

    #if canImport(Glibc)
        private static var descriptorResource: __rlimit_resource_t {
            __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        }
    #else
        private static var descriptorResource: Int32 { RLIMIT_NOFILE }
    #endif
}
