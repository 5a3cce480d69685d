package import DNSWire

/// What a zone says to a question, before aliases are followed.
package enum InZoneFinding: Hashable, Sendable {
    /// The records asked for (for ANY, one RRset), and optional ones that help.
    case records([ResourceRecord], additional: [ResourceRecord] = [], note: ExtendedError? = nil)
    /// The CNAME record of the name, for every type but CNAME and ANY.
    case alias(ResourceRecord, note: ExtendedError? = nil)
    /// The name exists, the type does not; `soa` with its TTL for negative answers (RFC 2308 §5).
    case noData(soa: ResourceRecord, note: ExtendedError? = nil)
    /// Nothing exists at or below the name.
    case nameError(soa: ResourceRecord, note: ExtendedError? = nil)
}
