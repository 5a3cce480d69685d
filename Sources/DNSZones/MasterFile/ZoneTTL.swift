/// Time spans as master files write them: seconds, or spans such as `1h30m`.
enum ZoneTTL {
    static let expectation =
        "seconds up to \(ZoneFileLimits.ttlSecondsMax) or a span such as 1h30m"

    /// Nil when `text` is no span or does not fit a TTL (RFC 2181 §8).
    static func seconds(_ text: String) -> UInt32? {
        guard let value = span(text), value <= ZoneFileLimits.ttlSecondsMax else { return nil }
        return UInt32(value)
    }

    /// Nil when `text` is no span or has more than 32 bits.
    static func span(_ text: String) -> UInt64? {
        var total: UInt64 = 0
        var digits: UInt64?
        for byte in text.utf8 {
            if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                digits = (digits ?? 0) * 10 + UInt64(byte - UInt8(ascii: "0"))
            } else {
                guard let count = digits, let unit = unitSeconds(byte) else { return nil }
                total += count * unit
                digits = nil
            }
            guard total <= UInt32.max, digits ?? 0 <= UInt32.max else { return nil }
        }
        guard !text.isEmpty else { return nil }
        total += digits ?? 0
        return total <= UInt32.max ? total : nil
    }

    private static func unitSeconds(_ byte: UInt8) -> UInt64? {
        switch byte | 0x20 {
        case UInt8(ascii: "s"): 1
        case UInt8(ascii: "m"): 60
        case UInt8(ascii: "h"): 3600
        case UInt8(ascii: "d"): 86_400
        case UInt8(ascii: "w"): 604_800
        default: nil
        }
    }
}
