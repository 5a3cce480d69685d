/// A record type or query type (RFC 1035 §3.2.2; IANA's registry of resource record types).
package struct RecordType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16

    @inlinable
    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let a = RecordType(rawValue: 1)
    package static let ns = RecordType(rawValue: 2)
    package static let cname = RecordType(rawValue: 5)
    package static let soa = RecordType(rawValue: 6)
    package static let ptr = RecordType(rawValue: 12)
    package static let hinfo = RecordType(rawValue: 13)
    package static let mx = RecordType(rawValue: 15)
    package static let txt = RecordType(rawValue: 16)
    package static let aaaa = RecordType(rawValue: 28)
    package static let srv = RecordType(rawValue: 33)
    package static let naptr = RecordType(rawValue: 35)
    package static let dname = RecordType(rawValue: 39)
    package static let opt = RecordType(rawValue: 41)
    package static let ds = RecordType(rawValue: 43)
    package static let rrsig = RecordType(rawValue: 46)
    package static let nsec = RecordType(rawValue: 47)
    package static let dnskey = RecordType(rawValue: 48)
    package static let svcb = RecordType(rawValue: 64)
    package static let https = RecordType(rawValue: 65)
    package static let tsig = RecordType(rawValue: 250)
    package static let ixfr = RecordType(rawValue: 251)
    package static let axfr = RecordType(rawValue: 252)
    package static let any = RecordType(rawValue: 255)
    package static let caa = RecordType(rawValue: 257)

    private static let mnemonics: [(name: String, value: UInt16)] = [
        ("A", 1), ("NS", 2), ("CNAME", 5), ("SOA", 6), ("PTR", 12), ("HINFO", 13), ("MX", 15),
        ("TXT", 16), ("AAAA", 28), ("SRV", 33), ("NAPTR", 35), ("DNAME", 39), ("OPT", 41),
        ("DS", 43), ("RRSIG", 46), ("NSEC", 47), ("DNSKEY", 48), ("SVCB", 64), ("HTTPS", 65),
        ("TSIG", 250), ("IXFR", 251), ("AXFR", 252), ("ANY", 255), ("CAA", 257),
    ]

    /// Reads a mnemonic in any case, or `TYPE123` (RFC 3597 §5); nil when it is neither.
    package init?(_ text: String) {
        let upper = text.uppercased()
        if let known = Self.mnemonics.first(where: { $0.name == upper }) {
            self.init(rawValue: known.value)
        } else if upper.hasPrefix("TYPE"), let value = UInt16(upper.dropFirst(4)) {
            self.init(rawValue: value)
        } else {
            return nil
        }
    }
}

extension RecordType: CustomStringConvertible {
    /// The mnemonic, or `TYPE123` (RFC 3597 §5).
    package var description: String {
        Self.mnemonics.first { $0.value == rawValue }?.name ?? "TYPE\(rawValue)"
    }
}
