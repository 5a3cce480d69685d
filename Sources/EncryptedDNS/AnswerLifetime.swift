internal import DNSWire

/// How long an HTTP cache may keep a DNS reply (RFC 8484 §5.1).
enum AnswerLifetime {
    /// The smallest TTL of the answer; of an answer without records what the SOA grants (RFC 2308
    /// §5); 0 for what must not be kept.
    static func seconds(of reply: [UInt8]) -> UInt32 {
        guard let message = try? Message(decoding: reply),
            message.responseCode == .noError || message.responseCode == .nameError
        else { return 0 }
        if let least = message.answer.map(\.ttlSeconds).min() { return least }
        guard let authority = message.authority.first(where: { $0.type == .soa }),
            authority.rdata.count >= 4
        else { return 0 }
        let minimum = authority.rdata.suffix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return min(authority.ttlSeconds, minimum)
    }
}
