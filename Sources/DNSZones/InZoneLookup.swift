package import DNSWire

/// Zones that are not static, such as the catalog's domains, as the slow path asks them.
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
