package import DNSWire

/// How the catalog's names are answered.
package struct ServiceZoneSettings: Hashable, Sendable {
    /// The apexes under which the whole catalog is served; the first one is used in PTR records.
    package var domains: [DomainName]
    package var datacenter: String
    package var serviceTTL: ServiceTTL
    package var nodeTTLSeconds: UInt32
    /// MINIMUM and TTL of the SOA.
    package var negativeTTLSeconds: UInt32
    package var timers: ZoneTimers
    /// The first label of the name server's name in each domain.
    package var nameServerLabel: String
    /// The first label of the SOA's mailbox in each domain.
    package var mailboxLabel: String
    /// The addresses of the name server.
    package var nameServerAddresses: [IPAddress]
    /// Reverse zones that are ours whole; an address outside them is a zone of its own.
    package var reverseZones: [DomainName]
    /// Apexes of zone files: what lies below one is the file's, also the reverse names of
    /// instances.
    package var staticApexes: Set<DomainName>
    /// True: instances with a warning are left out as critical ones are.
    package var onlyPassing: Bool
    /// True: others are asked about reverse names that the catalog does not have.
    package var forwardsReverseMisses: Bool
    /// True: a node's meta comes as TXT beside its addresses and beside SRV records that lead to it.
    package var addsNodeText: Bool
    package var limits: ServiceAnswerLimits
    package var panic: PanicThreshold

    package init(
        domains: [DomainName],
        datacenter: String,
        serviceTTL: ServiceTTL = ServiceTTL(),
        nodeTTLSeconds: UInt32 = 5,
        negativeTTLSeconds: UInt32 = 1,
        timers: ZoneTimers = ZoneTimers(),
        nameServerLabel: String = "ns",
        mailboxLabel: String = "hostmaster",
        nameServerAddresses: [IPAddress] = [],
        reverseZones: [DomainName] = [],
        staticApexes: Set<DomainName> = [],
        onlyPassing: Bool = false,
        forwardsReverseMisses: Bool = false,
        addsNodeText: Bool = true,
        limits: ServiceAnswerLimits = ServiceAnswerLimits(),
        panic: PanicThreshold = PanicThreshold()
    ) {
        self.domains = domains
        self.datacenter = datacenter
        self.serviceTTL = serviceTTL
        self.nodeTTLSeconds = nodeTTLSeconds
        self.negativeTTLSeconds = negativeTTLSeconds
        self.timers = timers
        self.nameServerLabel = nameServerLabel
        self.mailboxLabel = mailboxLabel
        self.nameServerAddresses = nameServerAddresses
        self.reverseZones = reverseZones
        self.staticApexes = staticApexes
        self.onlyPassing = onlyPassing
        self.forwardsReverseMisses = forwardsReverseMisses
        self.addsNodeText = addsNodeText
        self.limits = limits
        self.panic = panic
    }
}

/// What the SOA tells secondary servers (RFC 1035 §3.3.13).
package struct ZoneTimers: Hashable, Sendable {
    package var refreshSeconds: UInt32
    package var retrySeconds: UInt32
    package var expireSeconds: UInt32

    package init(
        refreshSeconds: UInt32 = 3600,
        retrySeconds: UInt32 = 600,
        expireSeconds: UInt32 = 86_400
    ) {
        self.refreshSeconds = refreshSeconds
        self.retrySeconds = retrySeconds
        self.expireSeconds = expireSeconds
    }
}
