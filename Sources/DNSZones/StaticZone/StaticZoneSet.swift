package import DNSWire

/// The static zones that are served at one time.
package struct StaticZoneSet: Sendable {
    package let zones: [DomainName: StaticZone]
    /// Apexes that are served from elsewhere, such as the domains of the service catalog.
    ///
    /// Names at and below them are theirs, also when a static zone above holds records there.
    package let otherApexes: Set<DomainName>

    package init(_ zones: some Sequence<StaticZone> = [], otherApexes: Set<DomainName> = []) {
        self.zones = Dictionary(zones.map { ($0.apex, $0) }) { _, last in last }
        self.otherApexes = otherApexes
    }

    /// The zone with the longest apex at or above `name`.
    package func zone(enclosing name: DomainName) -> StaticZone? {
        var current: DomainName? = name
        while let candidate = current {
            if let zone = zones[candidate] { return zone }
            current = candidate.parent
        }
        return nil
    }

    /// True when a zone below `zone` serves `name`.
    func isCarvedOut(_ name: DomainName, of zone: StaticZone) -> Bool {
        var current = name
        while current != zone.apex, let parent = current.parent {
            if zones[current] != nil || otherApexes.contains(current) { return true }
            current = parent
        }
        return false
    }
}
