package import DNSWire

/// The records of one type at one name.
package struct PublishedRRset: Hashable, Sendable {
    package var type: RecordType
    /// One TTL for all records (RFC 2181 §5.2).
    package var ttlSeconds: UInt32
    /// Uncompressed rdata, one element a record.
    package var rdata: [[UInt8]]
    /// The records in place of `rdata` where they are many.
    package var packed: PackedRecords?
    /// Helpful but optional, such as the addresses of SRV targets: dropped first when space is
    /// short.
    package var additional: [ResourceRecord]
    /// For each additional record the index of the record whose target its owner is, if one is.
    ///
    /// Empty: not known, they are found by name.
    package var additionalTargets: [Int?] = []
    /// True when each reply starts with another record, so that clients spread.
    package var rotates: Bool
    package var limit = AnswerLimit()

    package init(
        type: RecordType,
        ttlSeconds: UInt32,
        rdata: [[UInt8]],
        additional: [ResourceRecord] = [],
        rotates: Bool = false
    ) {
        self.type = type
        self.ttlSeconds = ttlSeconds
        self.rdata = rdata
        self.additional = additional
        self.rotates = rotates
    }

    /// Many records; `packed` has the same type and TTL.
    package init(type: RecordType, ttlSeconds: UInt32, packed: PackedRecords) {
        self.init(type: type, ttlSeconds: ttlSeconds, rdata: [], rotates: true)
        self.packed = packed
    }

    /// The rdata of all records, however they are kept.
    package var allRdata: [[UInt8]] { packed?.rdata ?? rdata }
}

/// How many records of an RRset a reply gives when somebody chose that it be less than all.
///
/// 0 is all. Which ones depends on the client's address, so each client always sees the same ones
/// while the RRset stays as it is. TC is not set for what a limit leaves out.
package struct AnswerLimit: Hashable, Sendable {
    package var records = 0
    /// The same for UDP replies of at most 512 bytes, which is all that a client without EDNS
    /// takes.
    package var recordsInSmallReply = 0

    package init(records: Int = 0, recordsInSmallReply: Int = 0) {
        self.records = records
        self.recordsInSmallReply = recordsInSmallReply
    }
}

/// Everything the table answers for one owner name.
///
/// A name that has names below it but is not published itself is kept by the table as an empty
/// non-terminal.
package struct PublishedName: Hashable, Sendable {
    /// What a query for the name itself gets.
    package enum Here: Hashable, Sendable {
        /// These RRsets; for any other type NODATA. The SOA of an apex is the table's own.
        case rrsets([PublishedRRset])
        /// A zone cut: a referral with `nameServers` (type NS, glue in `additional`), except for
        /// the types in `parentSide` (DS), which the parent answers (RFC 4035 §3.1.4.1).
        case delegation(nameServers: PublishedRRset, parentSide: [PublishedRRset])
        /// The slow path decides (CNAME, DNAME).
        case fallback
    }

    /// What a query gets for a name below this one when no closer name exists.
    package enum Below: Hashable, Sendable {
        /// NXDOMAIN; below a delegation, its referral.
        case nothing
        /// The RRsets of the wildcard child; for any other type NODATA (RFC 4592 §3.3).
        case wildcard([PublishedRRset])
        /// The slow path decides (DNAME, a wildcard with CNAME).
        case fallback
        /// A label of 8 or 32 hexadecimal digits is an address: its A or AAAA record if the table
        /// has that address (`TableChange.address`).
        case addresses(ttlSeconds: UInt32)
    }

    package var name: DomainName
    package var here: Here
    package var below: Below
    /// Attached to each reply from this name when the client speaks EDNS, such as `2/3 unhealthy`.
    package var note: ExtendedError?

    package init(
        name: DomainName,
        here: Here,
        below: Below = .nothing,
        note: ExtendedError? = nil
    ) {
        self.name = name
        self.here = here
        self.below = below
        self.note = note
    }
}
