package import DNSResponder
package import DNSWire

/// The data of one zone in memory, never changed after it is built.
package struct StaticZone: Sendable {
    /// The file it came from, for messages.
    package let path: String
    package let apex: DomainName
    package let soa: PublishedZone
    /// Names that exist, cuts and empty non-terminals included, occluded names left out.
    let nodes: [DomainName: ZoneNode]
    /// Addresses of hosts below a cut: given in referrals, never as an answer (RFC 1034 §4.2.1).
    let glue: [DomainName: [RRset]]
    /// All that stands at names which a cut or DNAME hides: only a transfer gives it.
    let occluded: [DomainName: [RRset]]

    package init(_ file: ZoneFile) {
        self.init(path: file.path, apex: file.apex, soa: file.soa, records: file.records)
    }

    /// Takes records that a `ZoneFile` has checked.
    init(path: String, apex: DomainName, soa: PublishedZone, records: [ResourceRecord]) {
        var rrsetsByName: [DomainName: [RecordType: RRset]] = [:]
        for record in records {
            rrsetsByName[record.owner, default: [:]][
                record.type,
                default: RRset(type: record.type, ttlSeconds: record.ttlSeconds, rdata: [])
            ].rdata.append(record.rdata)
        }
        var nodes: [DomainName: ZoneNode] = [:]
        var glue: [DomainName: [RRset]] = [:]
        var occluded: [DomainName: [RRset]] = [:]
        for (name, types) in rrsetsByName {
            let rrsets = types.values.sorted { $0.type.rawValue < $1.type.rawValue }
            switch Self.occlusion(of: name, apex, rrsetsByName) {
            case .none:
                let isCut = name != apex && types[.ns] != nil
                nodes[name] = ZoneNode(name: name, rrsets: rrsets, isCut: isCut)
            case .cut:
                let addresses = rrsets.filter { $0.type == .a || $0.type == .aaaa }
                if !addresses.isEmpty { glue[name] = addresses }
                occluded[name] = rrsets
            case .dname:
                occluded[name] = rrsets
            }
        }
        for name in Array(nodes.keys) {
            var current = name
            while current != apex, let parent = current.parent, nodes[parent] == nil {
                nodes[parent] = ZoneNode(name: parent, rrsets: [], isCut: false)
                current = parent
            }
        }
        self.path = path
        self.apex = apex
        self.soa = soa
        self.nodes = nodes
        self.glue = glue
        self.occluded = occluded
    }

    private enum Occlusion {
        case none, cut, dname
    }

    /// What hides `name`, seen from the apex: the topmost cut or DNAME above it.
    private static func occlusion(
        of name: DomainName,
        _ apex: DomainName,
        _ rrsets: [DomainName: [RecordType: RRset]]
    ) -> Occlusion {
        var found = Occlusion.none
        var current = name
        while current != apex, let parent = current.parent {
            current = parent
            guard let types = rrsets[current] else { continue }
            if current != apex, types[.ns] != nil {
                found = .cut
            } else if types[.dname] != nil {
                found = .dname
            }
        }
        return found
    }

    /// The SOA record of negative answers: its TTL is the lesser of its own and MINIMUM.
    ///
    /// RFC 2308 §3 and §5.
    package var negativeSOA: ResourceRecord? {
        guard let rrset = nodes[apex]?.rrset(.soa), let rdata = rrset.rdata.first else {
            return nil
        }
        return ResourceRecord(
            owner: apex,
            type: .soa,
            ttlSeconds: min(rrset.ttlSeconds, soa.minimumSeconds),
            rdata: rdata
        )
    }

    /// All records but the SOA, in no order.
    var contents: Set<ResourceRecord> {
        var records: Set<ResourceRecord> = []
        for node in nodes.values {
            for rrset in node.rrsets where rrset.type != .soa {
                records.formUnion(rrset.records(owner: node.name))
            }
        }
        for (name, rrsets) in occluded {
            for rrset in rrsets { records.formUnion(rrset.records(owner: name)) }
        }
        return records
    }

    /// The wildcard child of `name`: the source of synthesis below it (RFC 4592 §3.3.1).
    func wildcard(below name: DomainName) -> ZoneNode? {
        guard let source = try? name.prepending(label: "*") else { return nil }
        return nodes[source]
    }
}
