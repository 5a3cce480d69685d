internal import DNSWire

/// Names that spell an address.
extension FoldedName {
    /// The address of 8 or 32 hexadecimal digits that are the leftmost label.
    var hexadecimalAddress: IPAddress? {
        let digits = Int(unsafe bytes[0])
        guard digits == 8 || digits == 32 else { return nil }
        var value: UInt128 = 0
        for index in 1...digits {
            guard let digit = Self.digit(unsafe bytes[index]) else { return nil }
            value = value << 4 | UInt128(digit)
        }
        return digits == 8 ? .v4(UInt32(truncatingIfNeeded: value)) : .v6(value)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// The address whose reverse name this is, or lies above it.
    var reverseAddress: IPAddress? {
        // The last label before the root is `arpa`: most names are done here.
        guard labelCount > 5, unsafe bytes[offset(labelCount - 1)] == 4,
            unsafe bytes[offset(labelCount - 1) + 1] == UInt8(ascii: "a")
        else { return nil }
        return unsafe IPAddress(
            reverseWire: UnsafeBufferPointer(start: bytes, count: count)
        )
    }
}
