package import DNSResponder
internal import DNSWire

/// Turns static zones into what the answer table holds.
///
/// Plain RRsets are published as they are; names whose answer depends on other names (CNAME, and
/// what lies below a DNAME) go to the slow path, `AuthoritativeFallback`.
package enum StaticZoneCompiler {
    /// The changes that make a table that holds `old` hold `new`; equal names are left alone.
    package static func changes(
        from old: StaticZoneSet = StaticZoneSet(),
        to new: StaticZoneSet
    ) -> [TableChange] {
        var changes: [TableChange] = []
        for apex in topDown(old.zones.keys) where new.zones[apex] == nil {
            let names = old.zones[apex].map { publishedNames(of: $0, in: old) } ?? []
            // From the leaves up, so that no name is left as an empty non-terminal.
            changes += names.reversed().map { .removeName($0.name) }
            changes.append(.removeZone(apex: apex))
        }
        // A parent first gives up the names that a new zone below it takes over.
        for apex in topDown(new.zones.keys) {
            guard let zone = new.zones[apex] else { continue }
            let before = old.zones[apex]
            if before?.soa != zone.soa { changes.append(.zone(zone.soa)) }
            let oldNames = before.map { publishedNames(of: $0, in: old) } ?? []
            let newNames = publishedNames(of: zone, in: new)
            let kept = Set(newNames.map(\.name))
            changes += oldNames.reversed().filter { !kept.contains($0.name) }
                .map { .removeName($0.name) }
            let known = Dictionary(oldNames.map { ($0.name, $0) }) { first, _ in first }
            changes += newNames.filter { known[$0.name] != $0 }.map { .name($0) }
        }
        return changes
    }

    /// All that the table holds for `zone`, from the apex down.
    static func publishedNames(of zone: StaticZone, in set: StaticZoneSet) -> [PublishedName] {
        topDown(zone.nodes.keys)
            .filter { !set.isCarvedOut($0, of: zone) }
            .compactMap { name in
                zone.nodes[name].flatMap { publishedName($0, of: zone, in: set) }
            }
    }

    /// Nil for an empty non-terminal that the table makes by itself.
    private static func publishedName(
        _ node: ZoneNode,
        of zone: StaticZone,
        in set: StaticZoneSet
    ) -> PublishedName? {
        let below = below(node, of: zone)
        if node.rrsets.isEmpty, below == .nothing { return nil }
        let here: PublishedName.Here
        if node.isCut, let nameServers = node.rrset(.ns) {
            here = .delegation(
                nameServers: published(nameServers, of: zone),
                parentSide: node.rrset(.ds).map { [published($0, of: zone)] } ?? []
            )
        } else if node.rrset(.cname) != nil {
            here = .fallback
        } else {
            var rrsets = node.rrsets.filter { $0.type != .soa }
            if node.name == zone.apex { rrsets += parentSide(of: zone.apex, in: set) }
            here = .rrsets(rrsets.map { published($0, of: zone) })
        }
        return PublishedName(name: node.name, here: here, below: below)
    }

    private static func below(_ node: ZoneNode, of zone: StaticZone) -> PublishedName.Below {
        if node.isCut { return .nothing }
        if node.rrset(.dname) != nil { return .fallback }
        guard let source = zone.wildcard(below: node.name) else { return .nothing }
        if source.rrset(.cname) != nil { return .fallback }
        return .wildcard(source.rrsets.map { published($0, of: zone) })
    }

    /// The DS records of a zone whose parent is served here too (RFC 4035 §3.1.4.1).
    private static func parentSide(of apex: DomainName, in set: StaticZoneSet) -> [RRset] {
        guard let above = apex.parent, let parent = set.zone(enclosing: above),
            let rrset = parent.nodes[apex]?.rrset(.ds)
        else { return [] }
        return [rrset]
    }

    private static func published(_ rrset: RRset, of zone: StaticZone) -> PublishedRRset {
        PublishedRRset(
            type: rrset.type,
            ttlSeconds: rrset.ttlSeconds,
            rdata: rrset.rdata,
            additional: zone.additional(for: rrset),
            rotates: rrset.rdata.count > 1 && (rrset.type == .a || rrset.type == .aaaa)
        )
    }

    /// `names` in a fixed order in which a name comes before the names below it.
    private static func topDown(_ names: some Sequence<DomainName>) -> [DomainName] {
        names.map { (name: $0, labelCount: $0.labelCount, folded: $0.lowercased.wire) }
            .sorted { left, right in
                left.labelCount == right.labelCount
                    ? left.folded.lexicographicallyPrecedes(right.folded)
                    : left.labelCount < right.labelCount
            }
            .map(\.name)
    }
}
