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

    package init(
        domains: [DomainName],
        datacenter: String,
        serviceTTL: ServiceTTL = ServiceTTL(),
        nodeTTLSeconds: UInt32 = 5,
        negativeTTLSeconds: UInt32 = 1,
        nameServerLabel: String = "ns",
        mailboxLabel: String = "hostmaster",
        nameServerAddresses: [IPAddress] = [],
        reverseZones: [DomainName] = [],
        staticApexes: Set<DomainName> = [],
        onlyPassing: Bool = false,
        forwardsReverseMisses: Bool = false
    ) {
        self.domains = domains
        self.datacenter = datacenter
        self.serviceTTL = serviceTTL
        self.nodeTTLSeconds = nodeTTLSeconds
        self.negativeTTLSeconds = negativeTTLSeconds
        self.nameServerLabel = nameServerLabel
        self.mailboxLabel = mailboxLabel
        self.nameServerAddresses = nameServerAddresses
        self.reverseZones = reverseZones
        self.staticApexes = staticApexes
        self.onlyPassing = onlyPassing
        self.forwardsReverseMisses = forwardsReverseMisses
    }
}

/// TTLs of services: by exact name, else by the longest `prefix*`, else the default.
package struct ServiceTTL: Hashable, Sendable {
    package var defaultSeconds: UInt32
    /// Lower-case service names.
    package var exact: [String: UInt32]
    /// Lower-case prefixes, without the `*`.
    package var prefixes: [String: UInt32]

    package init(
        defaultSeconds: UInt32 = 5,
        exact: [String: UInt32] = [:],
        prefixes: [String: UInt32] = [:]
    ) {
        self.defaultSeconds = defaultSeconds
        self.exact = exact
        self.prefixes = prefixes
    }

    /// The TTL in seconds of answers about `service`; never below 1.
    package func seconds(_ service: String) -> UInt32 {
        let name = service.lowercased()
        let longest = prefixes.filter { name.hasPrefix($0.key) }.max {
            $0.key.utf8.count < $1.key.utf8.count
        }
        return max(1, exact[name] ?? longest?.value ?? defaultSeconds)
    }
}
