internal import DNSResponder
internal import DNSWire
internal import ServiceCatalog

/// What the reverse name of an address of the catalog answers.
///
/// Why made for each question: a million of them would cost more memory than all that is asked
/// often.
struct ReverseName {
    private let name: DomainName
    private let pointers: PublishedRRset
    /// What the name is when it is a zone of its own: one address of a network that is not ours.
    private let alone: (zone: PublishedZone, apex: PublishedName)?
    private let note: ExtendedError?

    /// Distinct names that one PTR answer gives at most.
    private static let pointersMax = 16

    /// Nil for an address that nobody has whom DNS may show, and for one whose name a zone file
    /// answers.
    init?(_ address: IPAddress, _ zone: ServiceZone, _ catalog: borrowing Catalog) {
        let current = zone.current
        let home = current.reverseHomes[address]
        guard home != .zoneFile, let names = zone.domains.first,
            let owners = catalog.owners(of: address),
            zone.isShown(owners, catalog, current.visibility)
        else { return nil }
        name = address.reverseName
        pointers = PublishedRRset(
            type: .ptr,
            ttlSeconds: current.settings.nodeTTLSeconds,
            rdata: Self.targets(owners, names, catalog, current.visibility).map(\.wire)
        )
        note = current.visibility.nameErrorNote
        alone =
            home == .alone
            ? (
                zone.zone(apex: name, names: names, serial: catalog.index),
                zone.apexName(name, names: names)
            ) : nil
    }

    /// The names of nodes, then those of services.
    private static func targets(
        _ owners: AddressOwners,
        _ names: ServiceNames,
        _ catalog: borrowing Catalog,
        _ visibility: NameVisibility
    ) -> [DomainName] {
        let nodes = owners.nodes.first(pointersMax) { (key: String) -> DomainName? in
            guard let node = catalog.node(key)?.name, visibility.showsNode(node) else { return nil }
            return names.canonicalNode(node)
        }
        let services = owners.services.first(pointersMax - nodes.count) {
            (key: String) -> DomainName? in
            let service = catalog.serviceName(key) ?? key
            return visibility.showsService(service) ? names.canonicalService(service) : nil
        }
        return nodes + services
    }

    /// The name, when it is a zone of its own.
    var aloneApex: DomainName? { alone.map { _ in name } }

    /// What is found at `asked`, which is the name or lies below it; `zoneSOA` is that of the zone
    /// around it for negative answers, which a zone of its own has itself.
    func find(_ asked: DomainName, _ type: RecordType, zoneSOA: ResourceRecord?) -> InZoneFinding {
        let negativeSOA = alone.map { soa($0.zone, isAnswer: false) } ?? zoneSOA
        guard asked == name else {
            return negativeSOA.map { .nameError(soa: $0, note: note) } ?? .records([])
        }
        if type == .ptr || type == .any, !pointers.rdata.isEmpty {
            return .records(pointers.records(at: asked))
        }
        if let alone {
            if type == .soa { return .records([soa(alone.zone, isAnswer: true)]) }
            if case .rrsets(let rrsets) = alone.apex.here,
                let rrset = rrsets.first(where: { $0.type == type })
            {
                return .records(rrset.records(at: asked), additional: rrset.additional)
            }
        }
        return negativeSOA.map { .noData(soa: $0) } ?? .records([])
    }

    private func soa(_ zone: PublishedZone, isAnswer: Bool) -> ResourceRecord {
        ResourceRecord(
            owner: name,
            type: .soa,
            ttlSeconds: isAnswer ? zone.ttlSeconds : min(zone.ttlSeconds, zone.minimumSeconds),
            rdata: zone.startOfAuthority
        )
    }
}
