internal import DNSWire

/// A name that exists in a zone: it has records, or a name below it has (RFC 4592 §2.2.2).
struct ZoneNode: Sendable {
    let name: DomainName
    /// Sorted by type; empty at an empty non-terminal.
    var rrsets: [RRset]
    /// True when the name belongs to another zone from here on (RFC 1034 §4.2).
    var isCut: Bool

    func rrset(_ type: RecordType) -> RRset? {
        rrsets.first { $0.type == type }
    }
}
