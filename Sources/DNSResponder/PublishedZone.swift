package import DNSWire

/// A zone's apex and SOA; its negative answers carry this SOA (RFC 2308 §3).
package struct PublishedZone: Hashable, Sendable {
    package var apex: DomainName
    /// MNAME.
    package var primary: DomainName
    /// RNAME.
    package var mailbox: DomainName
    package var serial: UInt32
    package var refreshSeconds: UInt32
    package var retrySeconds: UInt32
    package var expireSeconds: UInt32
    /// MINIMUM: the time that resolvers keep a negative answer.
    package var minimumSeconds: UInt32
    /// The TTL of the SOA in answers; in negative answers it is the lesser of this and MINIMUM.
    package var ttlSeconds: UInt32
    /// Attached to each NXDOMAIN of the zone when the client speaks EDNS.
    package var nameErrorNote: ExtendedError?
    /// True when a forwarder is asked before a name that is not in the zone gets NXDOMAIN.
    package var forwardsMisses: Bool
    /// True when reverse names of addresses lie in the zone (`TableChange.address`): the fallback
    /// answers them.
    package var holdsAddresses: Bool

    package init(
        apex: DomainName,
        primary: DomainName,
        mailbox: DomainName,
        serial: UInt32,
        refreshSeconds: UInt32,
        retrySeconds: UInt32,
        expireSeconds: UInt32,
        minimumSeconds: UInt32,
        ttlSeconds: UInt32,
        nameErrorNote: ExtendedError? = nil,
        forwardsMisses: Bool = false,
        holdsAddresses: Bool = false
    ) {
        self.apex = apex
        self.primary = primary
        self.mailbox = mailbox
        self.serial = serial
        self.refreshSeconds = refreshSeconds
        self.retrySeconds = retrySeconds
        self.expireSeconds = expireSeconds
        self.minimumSeconds = minimumSeconds
        self.ttlSeconds = ttlSeconds
        self.nameErrorNote = nameErrorNote
        self.forwardsMisses = forwardsMisses
        self.holdsAddresses = holdsAddresses
    }
}

extension PublishedZone {
    /// The rdata of its SOA (RFC 1035 §3.3.13).
    package var startOfAuthority: [UInt8] {
        RData.soa(
            primary: primary,
            mailbox: mailbox,
            serial: serial,
            refreshSeconds: refreshSeconds,
            retrySeconds: retrySeconds,
            expireSeconds: expireSeconds,
            minimumSeconds: minimumSeconds
        )
    }
}

/// One change of the answer table.
package enum TableChange: Hashable, Sendable {
    /// Adds a zone or replaces its SOA; its names stay. Comes before the names of the zone.
    case zone(PublishedZone)
    /// Removes a zone; its names must have been removed before.
    case removeZone(apex: DomainName)
    /// Gives the SOA of a zone another serial; nothing happens without the zone.
    case serial(apex: DomainName, UInt32)
    /// Adds an extended error to every answer of a zone from now on, beside what the answer says
    /// itself; nil takes it back. Nothing happens without the zone.
    case note(apex: DomainName, ExtendedError?)
    /// Adds a name or replaces all that it answered.
    case name(PublishedName)
    /// The same for names that answer alike.
    case names(PublishedNames)
    /// Removes a name; it stays as an empty non-terminal while names exist below it.
    case removeName(DomainName)
    /// Adds an address: names below `PublishedName.Below.addresses` answer with it.
    ///
    /// Its reverse name is left to the fallback, outside all zones and in those that hold addresses;
    /// `inZone` says that it lies in one of these, where the names above it then exist.
    case address(IPAddress, inZone: Bool)
    /// Removes an address that was added with the same `inZone`.
    case removeAddress(IPAddress, inZone: Bool)
}
