internal import DNSResponder
internal import DNSWire
internal import ServiceCatalog
internal import Synchronization

/// The records of a domain or reverse zone of the catalog, as they were at one moment.
///
/// Compiled anew from a copy of the catalog, thing by thing, by what compiles them for the table:
/// the copy costs nothing as long as nothing changes, and then the pieces that do. Names that only
/// answers to a question can have are not among them: those of prepared queries.
final class CatalogZoneContents: ZoneContents {
    let startOfAuthority: ResourceRecord
    private let apex: DomainName
    private let catalog: Catalog
    /// Compiles for this transfer alone.
    private let compiler: ServiceZone
    /// Zones below this one: what lies in them is theirs.
    private let inner: [DomainName]
    private var hasBegun = false
    /// In reverse order, as all below.
    private var nodes: [String] = []
    private var services: [String] = []
    private var addresses: [IPAddress] = []
    private var ready: [(owner: DomainName, rrset: PublishedRRset)] = []

    private var isReverse: Bool { compiler.settings.reverseZones.contains(apex) }

    /// `startOfAuthority` is that of the zone when `catalog` was copied, and `state` was in force.
    init(startOfAuthority: ResourceRecord, _ state: ServiceZone.State, _ catalog: Catalog) {
        self.startOfAuthority = startOfAuthority
        self.catalog = catalog
        apex = startOfAuthority.owner
        // What makes changes of large services cheap would be memory for nothing.
        var limits = LargeService.Limits()
        limits.instancesMin = Int.max / 8
        compiler = ServiceZone(
            settings: state.settings,
            visibility: state.visibility,
            largeLimits: limits,
            publish: { _ in }
        )
        let apex = apex
        let others =
            state.settings.domains + state.settings.reverseZones + state.settings.staticApexes
        inner = others.filter { $0 != apex && $0.isSubdomain(of: apex) }
    }

    func next() -> TransferredRRset? {
        while ready.isEmpty {
            guard prepareMore() else { return nil }
        }
        let (owner, rrset) = ready.removeLast()
        return TransferredRRset(owner: owner, rrset)
    }

    /// Compiles the next thing; false when there is none.
    private func prepareMore() -> Bool {
        if !hasBegun {
            hasBegun = true
            begin()
        } else if let node = nodes.popLast() {
            take { compiler.nodeChanges(node, catalog, into: &$0) }
        } else if let service = services.popLast() {
            let all = TouchedTags(isAll: true, isAnew: true)
            take { compiler.serviceChanges(service, all, catalog, into: &$0) }
        } else if let address = addresses.popLast() {
            if isReverse { takeReverse(address) } else { take(address) }
        } else {
            return false
        }
        return true
    }

    private func begin() {
        if isReverse, let names = compiler.domains.first {
            take { $0.append(.name(compiler.apexName(apex, names: names))) }
        }
        for names in compiler.domains where names.domain == apex {
            take { $0 += compiler.nameServerChanges(names).reversed() }
        }
        addresses = catalog.addresses
        guard !isReverse else { return }
        services = catalog.serviceNames.reversed()
        for node in catalog.nodes.reversed() {
            nodes.append(node.name)
            // Unless it is spelled like the name of a node, which comes by itself.
            if !node.id.isEmpty, catalog.node(node.id) == nil { nodes.append(node.id) }
        }
    }

    private func take(_ compile: (inout [TableChange]) -> Void) {
        var changes: [TableChange] = []
        compile(&changes)
        for change in changes {
            switch change {
            case .name(let published): take(published)
            case .names(let published):
                for name in published.names { take(name, published.rrsets) }
            case .zone, .serial, .note, .removeZone, .removeName, .address, .removeAddress: break
            }
        }
    }

    private func take(_ published: PublishedName) {
        switch published.here {
        case .rrsets(let rrsets): take(published.name, rrsets)
        case .fallback:
            let alias = compiler.aliases.withLock { $0.removeValue(forKey: published.name) }
            if let alias { take(published.name, alias.transferable) }
        case .delegation: break
        }
    }

    private func take(_ owner: DomainName, _ rrsets: [PublishedRRset]) {
        guard owner.isSubdomain(of: apex), !inner.contains(where: { owner.isSubdomain(of: $0) })
        else { return }
        for rrset in rrsets { ready.append((owner, rrset)) }
    }

    /// The names that spell an address, which the table makes by itself.
    private func take(_ address: IPAddress) {
        var changes: [TableChange] = []
        compiler.addressChanges(address, catalog, into: &changes)
        var isShown = false
        var rrsets = compiler.addressRRsets(
            [address],
            ttlSeconds: compiler.settings.nodeTTLSeconds
        )
        for change in changes {
            if case .address = change { isShown = true }
            if case .names(let published) = change { rrsets = published.rrsets }
        }
        guard isShown else { return }
        for names in compiler.domains where names.domain == apex {
            for owner in names.address(address) { take(owner, rrsets) }
        }
    }

    private func takeReverse(_ address: IPAddress) {
        guard case .reverseZone(apex) = compiler.current.reverseHomes[address],
            let reverse = ReverseName(address, compiler, catalog),
            case .records(let records, _, _) = reverse.find(
                address.reverseName,
                .ptr,
                zoneSOA: nil
            ),
            let first = records.first
        else { return }
        let rrset = PublishedRRset(
            type: .ptr,
            ttlSeconds: first.ttlSeconds,
            rdata: records.map(\.rdata)
        )
        take(first.owner, [rrset])
    }
}

extension ServiceAlias {
    /// What of it a zone may hold: nothing beside a CNAME (RFC 1034 §3.6.2), of which SRV says more.
    fileprivate var transferable: [PublishedRRset] {
        guard let record, !rrsets.contains(where: { $0.type == .srv }) else { return rrsets }
        return [
            PublishedRRset(type: .cname, ttlSeconds: record.ttlSeconds, rdata: [record.rdata])
        ]
    }
}
