internal import DNSWire

/// Fills replies up to a few sizes, so that their length does not tell which name was asked for
/// (RFC 7830, RFC 8467 §4.1).
enum ReplyPadding {
    private static let option: UInt16 = 12
    private static let blockBytes = 468
    /// Owner, type, class, TTL and length of the OPT record.
    private static let optBytes = 11

    /// True when `query` has the padding option: only then a reply may have it.
    static func isWanted(by query: [UInt8]) -> Bool {
        // Nearly all queries have one question and nothing else but OPT.
        guard query.count >= 12 + 1 + 4 + optBytes, query[10] | query[11] != 0,
            let message = try? Message(decoding: query)
        else { return false }
        return message.edns?.options.contains { $0.code == option } ?? false
    }

    /// `reply` with padding up to the next multiple of the block; as it is where that cannot be.
    static func padded(_ reply: [UInt8]) -> [UInt8] {
        guard let rdataBytes = (try? Message(decoding: reply))?.edns?.rdata.count else {
            return reply
        }
        // Our replies end in OPT.
        let start = reply.count - rdataBytes - optBytes
        let lengthAt = start + optBytes - 2
        guard start >= 12, reply[start...].prefix(3) == [0, 0, UInt8(RecordType.opt.rawValue)],
            Int(reply[lengthAt]) << 8 | Int(reply[lengthAt + 1]) == rdataBytes
        else { return reply }
        let least = reply.count + 4
        let wanted = (least + blockBytes - 1) / blockBytes * blockBytes
        let zeros = min(wanted, WireLimits.messageBytesMax) - least
        guard zeros >= 0 else { return reply }
        var padded = reply
        padded.reserveCapacity(least + zeros)
        let rdataTotal = rdataBytes + 4 + zeros
        padded[lengthAt] = UInt8(truncatingIfNeeded: rdataTotal >> 8)
        padded[lengthAt + 1] = UInt8(truncatingIfNeeded: rdataTotal)
        padded += [0, UInt8(option), UInt8(zeros >> 8), UInt8(zeros & 0xFF)]
        padded += [UInt8](repeating: 0, count: zeros)
        return padded
    }
}
