/// A record type or query type (RFC 1035 §3.2.2; IANA's registry of resource record types).
@usableFromInline
package struct RecordType: RawRepresentable, Hashable, Sendable {
    @usableFromInline package let rawValue: UInt16

    @inlinable
    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    @inlinable package static var a: RecordType { RecordType(rawValue: 1) }
    @inlinable package static var ns: RecordType { RecordType(rawValue: 2) }
    @inlinable package static var cname: RecordType { RecordType(rawValue: 5) }
    @inlinable package static var soa: RecordType { RecordType(rawValue: 6) }
    @inlinable package static var ptr: RecordType { RecordType(rawValue: 12) }
    @inlinable package static var hinfo: RecordType { RecordType(rawValue: 13) }
    @inlinable package static var mx: RecordType { RecordType(rawValue: 15) }
    @inlinable package static var txt: RecordType { RecordType(rawValue: 16) }
    @inlinable package static var aaaa: RecordType { RecordType(rawValue: 28) }
    @inlinable package static var srv: RecordType { RecordType(rawValue: 33) }
    @inlinable package static var naptr: RecordType { RecordType(rawValue: 35) }
    @inlinable package static var dname: RecordType { RecordType(rawValue: 39) }
    @inlinable package static var opt: RecordType { RecordType(rawValue: 41) }
    @inlinable package static var ds: RecordType { RecordType(rawValue: 43) }
    @inlinable package static var rrsig: RecordType { RecordType(rawValue: 46) }
    @inlinable package static var nsec: RecordType { RecordType(rawValue: 47) }
    @inlinable package static var dnskey: RecordType { RecordType(rawValue: 48) }
    @inlinable package static var svcb: RecordType { RecordType(rawValue: 64) }
    @inlinable package static var https: RecordType { RecordType(rawValue: 65) }
    @inlinable package static var tsig: RecordType { RecordType(rawValue: 250) }
    @inlinable package static var ixfr: RecordType { RecordType(rawValue: 251) }
    @inlinable package static var axfr: RecordType { RecordType(rawValue: 252) }
    @inlinable package static var any: RecordType { RecordType(rawValue: 255) }
    @inlinable package static var caa: RecordType { RecordType(rawValue: 257) }

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
    @usableFromInline package var description: String {
        Self.mnemonics.first { $0.value == rawValue }?.name ?? "TYPE\(rawValue)"
    }
}
