package import DNSWire

/// Zones that are not static, such as the domains of the service catalog, as the slow path asks them.
///
/// Implementations are called on worker threads: they may allocate but must not block for long.
package protocol InZoneLookup: Sendable {
    /// The longest apex at or above `name` that is served here; nil when the name lies in none.
    func apex(enclosing name: DomainName) -> DomainName?

    /// What the zone of `name` says; only asked for names with an apex.
    ///
    /// Aliases are not followed here: the caller does, through all zones.
    func find(_ name: DomainName, _ type: RecordType) -> InZoneFinding
}

/// What a zone says to a question, before aliases are followed.
package enum InZoneFinding: Hashable, Sendable {
    /// The records asked for (for ANY, one RRset), and optional ones that help.
    case records([ResourceRecord], additional: [ResourceRecord] = [], note: ExtendedError? = nil)
    /// The CNAME record of the name, for every type but CNAME and ANY.
    case alias(ResourceRecord)
    /// The name exists, the type does not; `soa` with its TTL for negative answers (RFC 2308 §5).
    case noData(soa: ResourceRecord, note: ExtendedError? = nil)
    /// Nothing exists at or below the name.
    case nameError(soa: ResourceRecord, note: ExtendedError? = nil)
}

/// No zones but the static ones.
package struct NoOtherZones: InZoneLookup {
    package init() {}

    package func apex(enclosing name: DomainName) -> DomainName? { nil }

    package func find(_ name: DomainName, _ type: RecordType) -> InZoneFinding {
        preconditionFailure("asked for \(name) \(type), though no apex encloses it")
    }
}
