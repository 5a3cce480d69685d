internal import DNSForwarder
internal import DNSResponder
internal import DNSWire

/// The `dns` section.
struct DNSSettings: Hashable, Sendable {
    /// The TTL of a service's records where no entry of `ttlSecondsPerService` fits.
    var serviceTTLSeconds: UInt32 = 5
    var nodeTTLSeconds: UInt32 = 5
    /// By exact name, by prefix (`web*`) or `*`: the exact name wins, then the longest prefix.
    var ttlSecondsPerService: [String: UInt32] = [:]
    /// How long resolvers keep a negative answer: MINIMUM of the SOA and its TTL.
    var negativeTTLSeconds: UInt32 = 1
    /// What the SOA tells secondary servers.
    var refreshInterval = Duration.seconds(3600)
    var retryInterval = Duration.seconds(600)
    var expiry = Duration.seconds(86_400)
    /// The size that Rollcall advertises and that no UDP reply exceeds.
    var udpPayloadBytes = 1232
    /// Sets RA in answers, which dnsmasq wants before it caches.
    var isRecursionAvailable = false
    /// Nil is the node's name, `off` no NSID.
    var nsidGiven: String?
    /// The networks that have reverse zones.
    var reverseNetworks: [NetworkPrefix] = [
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16",
        "100.64.0.0/10", "fc00::/7", "fe80::/10", "::1/128",
    ].compactMap { NetworkPrefix($0) }
    /// A label below each domain; the NS records point at it.
    var nameServerLabel = "ns"
    /// Empty: the node's address.
    var nameServerAddresses: [IPAddress] = []
    /// A label below each domain: the mailbox in the SOA.
    var mailboxLabel = "hostmaster"
    var tcpConnectionsMax = 1024
    var tcpIdleTimeout = Duration.seconds(10)
    /// True: instances in warning are left out as those in critical are.
    var answersOnlyPassing = false
    /// True: node meta comes as TXT beside node addresses and SRV records.
    var addsNodeText = true
    /// A and AAAA records of a service that an answer gives at most; 0 for all.
    var addressRecordLimit = 0
    /// By exact name, by prefix (`web*`) or `*`, as `ttlSecondsPerService`.
    var addressRecordLimitPerService: [String: Int] = [:]
    /// Records of a service in a UDP answer of at most 512 bytes; 0 for all that fit.
    var smallAnswerLimit = 0
    /// Who is asked about names outside our zones; nobody when it is empty.
    var recursors: [ListenAddress] = []
    var recursorTimeout = Duration.seconds(2)
    var recursorStrategy = ForwarderSettings.Strategy.sequential
    /// The networks whose questions are passed on.
    var recursorClients = ForwarderSettings.privateNetworks
    var recursorCacheEntries = 10_000
    var recursorCacheBytes = 16 << 20
    /// How long an old answer may stand in when no recursor answers; zero for not at all.
    var recursorStale = Duration.zero
    var protection = ProtectionOptions()
    var encrypted = EncryptedDNSListening()
}
