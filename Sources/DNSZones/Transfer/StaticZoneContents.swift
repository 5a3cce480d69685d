internal import DNSResponder
internal import DNSWire

/// The records of a zone file as it was loaded: cuts, glue and occluded names too (RFC 5936 §3).
///
/// Cost: a few words beside the zone, which lives as long as this.
final class StaticZoneContents: ZoneContents {
    let startOfAuthority: ResourceRecord
    private var nodes: Dictionary<DomainName, ZoneNode>.Values.Iterator
    private var occluded: Dictionary<DomainName, [RRset]>.Iterator
    /// The owner whose RRsets are handed out.
    private var owner: DomainName
    private var rrsets: ArraySlice<RRset>
    private let apex: DomainName

    /// Nil without an SOA, which no checked zone file lacks.
    init?(_ zone: StaticZone) {
        guard let apex = zone.nodes[zone.apex], let soa = apex.rrset(.soa),
            let record = soa.records(owner: zone.apex).first
        else { return nil }
        startOfAuthority = record
        self.apex = zone.apex
        nodes = zone.nodes.values.makeIterator()
        occluded = zone.occluded.makeIterator()
        // What the zone says of itself comes first, for people who read it.
        owner = zone.apex
        rrsets = apex.rrsets[...]
    }

    func next() -> TransferredRRset? {
        while true {
            if let rrset = rrsets.popFirst() {
                if rrset.type == .soa { continue }
                return TransferredRRset(
                    owner: owner,
                    type: rrset.type,
                    ttlSeconds: rrset.ttlSeconds,
                    rdata: rrset.rdata
                )
            }
            if let node = nodes.next() {
                if node.name != apex { (owner, rrsets) = (node.name, node.rrsets[...]) }
            } else if let hidden = occluded.next() {
                (owner, rrsets) = (hidden.key, hidden.value[...])
            } else {
                return nil
            }
        }
    }
}
