internal import DNSWire

/// Names as master files write them (RFC 1035 §5.1).
enum ZoneNameText {
    /// `@` is the origin; a name without final dot is completed by it.
    static func absolute(
        _ text: String,
        origin: DomainName
    ) throws(WireError) -> DomainName {
        if text == "@" { return origin }
        let name = try DomainName(text)
        return endsWithDot(text) ? name : try origin.prepending(name)
    }

    /// True when the last dot is a separator, not `\.`.
    private static func endsWithDot(_ text: String) -> Bool {
        var isEscaped = false
        var endsWithDot = false
        for byte in text.utf8 {
            endsWithDot = byte == UInt8(ascii: ".") && !isEscaped
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
        }
        return endsWithDot
    }
}
