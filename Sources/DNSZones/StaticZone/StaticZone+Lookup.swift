internal import DNSWire

extension StaticZone {
    /// What a zone says to a question, before aliases are followed.
    enum Finding: Equatable {
        /// The RRset asked for; its owner is the name of the question.
        case records(RRset)
        /// The name exists, the type does not.
        case noData
        /// Nothing exists at or below the name.
        case nameError
        /// The CNAME of the name.
        case alias(RRset)
        /// A DNAME above the name (RFC 6672 §3.2).
        case redirection(owner: DomainName, RRset)
        /// The name lies at or below the cut `owner`.
        case referral(owner: DomainName, RRset)
    }

    /// The way from the apex to a name.
    private enum Path {
        case node(ZoneNode)
        /// The name does not exist; this is its closest encloser (RFC 4592 §3.3.1).
        case encloser(ZoneNode)
        case cut(ZoneNode)
        case dname(owner: DomainName, RRset)
    }

    /// Looks for `name` (in the zone) and `type`.
    ///
    /// RFC 1034 §4.3.2 step 3, with wildcards of RFC 4592 §3.3 and DNAME of RFC 6672 §3.2.
    func find(_ name: DomainName, _ type: RecordType) -> Finding {
        switch path(to: name) {
        case .dname(let owner, let rrset):
            return .redirection(owner: owner, rrset)
        case .cut(let node):
            // The parent side of a cut holds the DS record (RFC 4035 §3.1.4.1).
            if node.name == name, type == .ds {
                return node.rrset(.ds).map(Finding.records) ?? .noData
            }
            guard let nameServers = node.rrset(.ns) else { return .noData }
            return .referral(owner: node.name, nameServers)
        case .node(let node):
            return match(node, type)
        case .encloser(let node):
            guard let source = wildcard(below: node.name) else { return .nameError }
            return match(source, type)
        }
    }

    private func match(_ node: ZoneNode, _ type: RecordType) -> Finding {
        // A single RRset answers ANY (RFC 8482 §4.1).
        if type == .any { return node.rrsets.first.map(Finding.records) ?? .noData }
        if let rrset = node.rrset(type) { return .records(rrset) }
        if let alias = node.rrset(.cname) { return .alias(alias) }
        return .noData
    }

    private func path(to name: DomainName) -> Path {
        var ancestors = [name]
        while let last = ancestors.last, last != apex, let parent = last.parent {
            ancestors.append(parent)
        }
        var closest = ZoneNode(name: apex, rrsets: [], isCut: false)
        for ancestor in ancestors.reversed() {
            guard let node = nodes[ancestor] else { return .encloser(closest) }
            if node.isCut { return .cut(node) }
            if ancestor != name, let rrset = node.rrset(.dname) {
                return .dname(owner: node.name, rrset)
            }
            closest = node
        }
        return .node(closest)
    }

    /// The addresses of the hosts that `rrset` names, as far as this zone knows them.
    ///
    /// Name servers get glue too; for other types only authoritative data helps (RFC 2181 §5.4.1).
    func additional(for rrset: RRset) -> [ResourceRecord] {
        var hosts: Set<DomainName> = []
        return rrset.rdata.flatMap { rdata -> [ResourceRecord] in
            guard let host = RdataNames.host(rrset.type, rdata), hosts.insert(host).inserted else {
                return []
            }
            return addresses(of: host, includingGlue: rrset.type == .ns)
        }
    }

    private func addresses(of host: DomainName, includingGlue: Bool) -> [ResourceRecord] {
        guard host.isSubdomain(of: apex) else { return [] }
        let rrsets: [RRset]
        switch path(to: host) {
        case .node(let node):
            rrsets = node.rrsets
        case .encloser(let node):
            rrsets = wildcard(below: node.name)?.rrsets ?? []
        case .cut(let node):
            guard includingGlue else { return [] }
            rrsets = node.name == host ? node.rrsets : glue[host] ?? []
        case .dname:
            return []
        }
        return rrsets.filter { $0.type == .a || $0.type == .aaaa }
            .flatMap { $0.records(owner: host) }
    }
}
