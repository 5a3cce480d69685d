package import DNSWire

/// Where whole zones come from, for secondary servers.
package protocol ZoneSource: Sendable {
    /// The zone with this apex as it is now; nil when none is served here.
    ///
    /// Called on the thread that makes transfers, which may wait for a short lock.
    func contents(ofZone apex: DomainName) -> (any ZoneContents)?
}

/// The records of one zone at one moment, handed out bit by bit; for one thread.
///
/// Why bit by bit: a zone may be larger than what is wanted in memory a second time.
package protocol ZoneContents: AnyObject {
    /// The SOA with its own TTL: a transfer begins and ends with it (RFC 5936 §2.2).
    var startOfAuthority: ResourceRecord { get }

    /// Some more records, in any order, the SOA not among them; nil after the last.
    func next() -> TransferredRRset?
}

/// Records of one owner and type, on their way to a secondary server.
package struct TransferredRRset: Hashable, Sendable {
    package var owner: DomainName
    package var type: RecordType
    package var ttlSeconds: UInt32
    /// Uncompressed rdata, one element a record.
    package var rdata: [[UInt8]]

    package init(owner: DomainName, type: RecordType, ttlSeconds: UInt32, rdata: [[UInt8]]) {
        self.owner = owner
        self.type = type
        self.ttlSeconds = ttlSeconds
        self.rdata = rdata
    }

    /// What the answer table holds of a name.
    package init(owner: DomainName, _ rrset: PublishedRRset) {
        self.init(
            owner: owner,
            type: rrset.type,
            ttlSeconds: rrset.ttlSeconds,
            rdata: rrset.allRdata
        )
    }
}
