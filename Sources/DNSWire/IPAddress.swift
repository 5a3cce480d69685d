#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// An IPv4 or IPv6 address.
package enum IPAddress: Hashable, Sendable {
    /// The first byte is the most significant.
    case v4(UInt32)
    /// The first byte is the most significant.
    case v6(UInt128)

    /// Reads dotted quad or RFC 4291 §2.2 text; nil for anything else, zone ids included.
    package init?(_ text: some StringProtocol) {
        let text = String(text)
        guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        var v4 = UInt32(0)
        if unsafe inet_pton(AF_INET, text, &v4) == 1 {
            self = .v4(UInt32(bigEndian: v4))
            return
        }
        var v6 = UInt128(0)
        guard unsafe inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        self = .v6(UInt128(bigEndian: v6))
    }

    /// Takes the 4 bytes of A rdata or the 16 of AAAA rdata; nil for any other count.
    package init?(rdata: some Collection<UInt8>) {
        switch rdata.count {
        case 4: self = .v4(rdata.reduce(0) { $0 << 8 | UInt32($1) })
        case 16: self = .v6(rdata.reduce(0) { $0 << 8 | UInt128($1) })
        default: return nil
        }
    }

    /// The rdata of the A or AAAA record of this address (RFC 1035 §3.4.1, RFC 3596 §2.2).
    package var rdata: [UInt8] {
        switch self {
        case .v4(let value):
            unsafe withUnsafeBytes(of: value.bigEndian) { unsafe Array($0) }
        case .v6(let value):
            unsafe withUnsafeBytes(of: value.bigEndian) { unsafe Array($0) }
        }
    }

    /// A for IPv4, AAAA for IPv6.
    package var recordType: RecordType {
        switch self {
        case .v4: .a
        case .v6: .aaaa
        }
    }

    /// Number of bits: 32 or 128.
    package var bitWidth: Int {
        switch self {
        case .v4: 32
        case .v6: 128
        }
    }

    /// True for `0.0.0.0` and `::`.
    package var isUnspecified: Bool {
        switch self {
        case .v4(let value): value == 0
        case .v6(let value): value == 0
        }
    }

    /// Lower-case hexadecimal, 8 or 32 digits: the label of `<hex>.addr.<domain>` names.
    package var hexadecimal: String {
        rdata.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// Reads what `hexadecimal` writes; nil for any other text.
    package init?(hexadecimal text: some StringProtocol) {
        let digits = Array(text.utf8)
        guard digits.count == 8 || digits.count == 32 else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: digits.count, by: 2) {
            let pair = String(decoding: digits[start..<start + 2], as: UTF8.self)
            guard !pair.hasPrefix("+"), !pair.hasPrefix("-"), let byte = UInt8(pair, radix: 16)
            else {
                return nil
            }
            bytes.append(byte)
        }
        self.init(rdata: bytes)
    }

    /// The name under `in-addr.arpa.` or `ip6.arpa.` (RFC 1035 §3.5, RFC 3596 §2.5).
    package var reverseName: DomainName {
        var wire: [UInt8] = []
        switch self {
        case .v4(let value):
            wire.reserveCapacity(32)
            for octet in 0..<4 {
                Self.append(UInt8(truncatingIfNeeded: value >> (8 * UInt32(octet))), to: &wire)
            }
            wire += "\u{7}in-addr\u{4}arpa\u{0}".utf8
        case .v6(let value):
            wire.reserveCapacity(74)
            for nibble in 0..<32 {
                let digit = UInt8(truncatingIfNeeded: value >> (4 * UInt128(nibble))) & 15
                wire.append(1)
                wire.append(
                    digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                )
            }
            wire += "\u{3}ip6\u{4}arpa\u{0}".utf8
        }
        // At most 34 short labels: always a valid name.
        return (try? DomainName(wire: wire)) ?? .root
    }

    /// Appends the decimal digits of `octet` as a label.
    private static func append(_ octet: UInt8, to wire: inout [UInt8]) {
        wire.append(octet >= 100 ? 3 : octet >= 10 ? 2 : 1)
        if octet >= 100 { wire.append(UInt8(ascii: "0") + octet / 100) }
        if octet >= 10 { wire.append(UInt8(ascii: "0") + octet / 10 % 10) }
        wire.append(UInt8(ascii: "0") + octet % 10)
    }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted quad, or the shortest text of RFC 5952.
    package var description: String {
        switch self {
        case .v4:
            return rdata.map(String.init).joined(separator: ".")
        case .v6(let value):
            var bytes = value.bigEndian
            return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 46) { buffer in
                guard let base = buffer.baseAddress,
                    unsafe inet_ntop(AF_INET6, &bytes, base, 46) != nil
                else { return "::" }
                return unsafe String(cString: base)
            }
        }
    }
}
