extension IPAddress {
    /// The address whose reverse name `name` is, or lies below; nil for any other name.
    package init?(enclosingReverseName name: DomainName) {
        let address = unsafe name.lowercased.wire.withUnsafeBufferPointer {
            unsafe IPAddress(reverseWire: $0)
        }
        guard let address else { return nil }
        self = address
    }

    /// The same of a name in lower case on the wire.
    ///
    /// Only what `reverseName` writes counts: `07.in-addr.arpa` is nobody's name. No allocation.
    package init?(reverseWire wire: UnsafeBufferPointer<UInt8>) {
        var labels = 0
        var offset = 0
        while offset < wire.count, unsafe wire[offset] != 0 {
            offset += unsafe 1 + Int(wire[offset])
            labels += 1
        }
        for isIPv6 in [false, true] {
            let digits = isIPv6 ? 32 : 4
            guard labels >= digits + 2 else { continue }
            var start = 0
            for _ in 0..<labels - digits - 2 { start += unsafe 1 + Int(wire[start]) }
            var value: UInt128 = 0
            for index in 0..<digits {
                let end = unsafe start + 1 + Int(wire[start])
                guard let part = unsafe Self.part(wire, start + 1..<end, isHexadecimal: isIPv6)
                else { break }
                value |= UInt128(part) << (UInt128(index) * (isIPv6 ? 4 : 8))
                start = end
                guard index == digits - 1 else { continue }
                let suffix: StaticString =
                    isIPv6 ? "\u{3}ip6\u{4}arpa\u{0}" : "\u{7}in-addr\u{4}arpa\u{0}"
                guard wire.count - start == suffix.utf8CodeUnitCount else { break }
                for byte in 0..<suffix.utf8CodeUnitCount
                where unsafe wire[start + byte] != suffix.utf8Start[byte] {
                    return nil
                }
                self = isIPv6 ? .v6(value) : .v4(UInt32(truncatingIfNeeded: value))
                return
            }
        }
        return nil
    }

    /// One hexadecimal digit, or a decimal number to 255 without leading zeros.
    private static func part(
        _ wire: UnsafeBufferPointer<UInt8>,
        _ digits: Range<Int>,
        isHexadecimal: Bool
    ) -> UInt8? {
        guard 1...(isHexadecimal ? 1 : 3) ~= digits.count else { return nil }
        var value = 0
        for index in digits {
            let byte = unsafe wire[index]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f") where isHexadecimal:
                value = Int(byte - UInt8(ascii: "a")) + 10
            default:
                return nil
            }
        }
        let hasLeadingZero = unsafe digits.count > 1 && wire[digits.lowerBound] == UInt8(ascii: "0")
        return hasLeadingZero || value > 255 ? nil : UInt8(value)
    }
}
