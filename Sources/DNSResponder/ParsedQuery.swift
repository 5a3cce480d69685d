internal import DNSWire

/// What the query parser says about a message.
enum Verdict: UInt8 {
    case accepted
    /// No reply at all: shorter than a header, or a reply itself.
    case drop
    /// FORMERR, NOTIMP and the like; the question is echoed when it was readable.
    case formatError
    case notImplemented
    case badVersion
    case notAuthoritative
    case refused
    /// AXFR or IXFR: a whole zone.
    case transfer
    /// No question but a cookie: the client asks for ours (RFC 7873 §5.4).
    case cookieOnly
    /// REFUSED: not for this client.
    case prohibited
    /// BADCOOKIE, with a good one in the reply.
    case badCookie
    /// TC and nothing else: the client shall ask over TCP.
    case overTCPOnly
}

/// Where the parts of a query are, and what the reply has to mirror.
struct ParsedQuery {
    /// The end of the question section; `WireLimits.headerBytes` when it was not readable.
    var questionEnd = WireLimits.headerBytes
    var type: UInt16 = 0
    /// The largest reply that the client takes.
    var replyBytesMax = WireLimits.plainUDPBytesMax
    var hasEDNS = false
    var dnssecOK = false
    var options = AnsweredOptions()

    /// The client subnet of `query` as a value.
    func clientSubnet(in query: UnsafePointer<UInt8>) -> ClientSubnet? {
        guard hasEDNS, options.clientSubnetBytes > 4 else { return nil }
        let payload = unsafe UnsafeBufferPointer(
            start: query + options.clientSubnetOffset + 4,
            count: options.clientSubnetBytes - 4
        )
        return unsafe ClientSubnet(payload: payload)
    }
}

/// The EDNS options of a query that its reply answers.
///
/// One word, so that the usual query, which has none, pays for one comparison.
struct AnsweredOptions {
    private var bits: UInt64 = 0

    var isEmpty: Bool { bits == 0 }

    /// The client asked for our identifier (RFC 5001).
    var wantsIdentifier: Bool {
        get { bits & 1 != 0 }
        set { bits = bits & ~1 | (newValue ? 1 : 0) }
    }

    /// The size of the client subnet option with its code and length; 0 when there is none.
    var clientSubnetBytes: Int { Int(bits >> 8 & 0xFF) }
    /// Where that option starts in the query.
    var clientSubnetOffset: Int { Int(bits >> 16 & 0xFFFF) }

    /// `option` lies below 65,536 and has less than 256 bytes.
    mutating func setClientSubnet(_ option: Range<Int>) {
        bits =
            bits & 0xFFFF_FFFF_0000_00FF | UInt64(truncatingIfNeeded: option.count) << 8
            | UInt64(truncatingIfNeeded: option.lowerBound) << 16
    }

    @inline(__always)
    var hasCookie: Bool { bits >> 48 != 0 }
    /// The size of the cookie without its code and length; only when there is one.
    var cookieBytes: Int { Int(bits >> 48) - 4 }
    /// Where it starts in the query, after its code and length.
    var cookieOffset: Int { Int(bits >> 32 & 0xFFFF) + 4 }

    /// Keeps the first of several (RFC 7873 §5.2); `option` lies below 65,536.
    mutating func setCookie(_ option: Range<Int>) {
        guard !hasCookie else { return }
        bits |=
            UInt64(truncatingIfNeeded: option.count) << 48
            | UInt64(truncatingIfNeeded: option.lowerBound) << 32
    }

    mutating func forgetCookie() { bits &= 0xFFFF_FFFF }
}
