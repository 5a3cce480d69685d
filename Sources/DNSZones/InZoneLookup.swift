package import DNSResponder
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

    /// The same where the answer may depend on who asked.
    func find(
        _ name: DomainName,
        _ type: RecordType,
        for query: FallbackQuery
    ) -> ScopedFinding
}

/// What a zone says to one client.
package struct ScopedFinding: Hashable, Sendable {
    package var finding: InZoneFinding
    /// For how many bits of the client's subnet it holds; nil: for every client.
    package var scopePrefixLength: Int?

    package init(_ finding: InZoneFinding, scopePrefixLength: Int? = nil) {
        self.finding = finding
        self.scopePrefixLength = scopePrefixLength
    }
}

extension InZoneLookup {
    package func find(
        _ name: DomainName,
        _ type: RecordType,
        for query: FallbackQuery
    ) -> ScopedFinding {
        ScopedFinding(find(name, type))
    }
}
