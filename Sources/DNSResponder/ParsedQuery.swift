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
    var wantsIdentifier = false
}
