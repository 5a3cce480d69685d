internal import DNSResponder
internal import DNSWire
internal import ServiceCatalog

extension ServiceZone {
    /// Distinct names that one PTR answer gives at most.
    private static let pointersMax = 16

    /// The `.addr` names of `address` and its reverse name.
    ///
    /// Only addresses of the catalog have them: a name that answered with any address that is
    /// written into it would let strangers point a trusted name anywhere.
    func addressChanges(_ address: IPAddress, _ catalog: borrowing Catalog) -> [TableChange] {
        guard let owners = catalog.owners(of: address) else {
            return domains.flatMap { $0.address(address) }.map { remove($0) }
                + reverseRemoval(address)
        }
        let families =
            [address]
            + owners.companions.keys.sorted { $0.rdata.lexicographicallyPrecedes($1.rdata) }
        let rrsets = addressRRsets(families, ttlSeconds: settings.nodeTTLSeconds)
        let forward = domains.flatMap { $0.address(address) }.map {
            TableChange.name(PublishedName(name: $0, here: .rrsets(rrsets)))
        }
        return forward + reversePublication(address, owners, catalog)
    }

    private func reversePublication(
        _ address: IPAddress,
        _ owners: Catalog.AddressOwners,
        _ catalog: borrowing Catalog
    ) -> [TableChange] {
        guard let names = domains.first, case let home = reverseHome(of: address), home != .zoneFile
        else { return [] }
        let nodes = owners.nodes.keys.sorted().compactMap { catalog.node($0)?.name }
        let services = owners.services.keys.sorted().prefix(Self.pointersMax)
        let targets =
            nodes.compactMap { names.canonicalNode($0) }
            + services.compactMap { names.canonicalService(catalog.serviceName($0) ?? $0) }
        let pointers = PublishedRRset(
            type: .ptr,
            ttlSeconds: settings.nodeTTLSeconds,
            rdata: targets.prefix(Self.pointersMax).map(\.wire)
        )
        let name = address.reverseName
        guard home == .alone else {
            return [.name(PublishedName(name: name, here: .rrsets([pointers])))]
        }
        // Claim nothing but this one address of a network that is not ours.
        var apex = apexName(name, names: names)
        if case .rrsets(let rrsets) = apex.here { apex.here = .rrsets(rrsets + [pointers]) }
        return [.zone(zone(apex: name, names: names, serial: catalog.index)), .name(apex)]
    }

    func reverseRemoval(_ address: IPAddress) -> [TableChange] {
        let name = address.reverseName
        return switch reverseHome(of: address) {
        case .zoneFile: []
        case .reverseZone: [.removeName(name)]
        case .alone: [.removeName(name), .removeZone(apex: name)]
        }
    }

    /// Whose the reverse name of an address is.
    enum ReverseHome {
        /// A zone file has the say.
        case zoneFile
        /// One of the reverse zones that are ours whole.
        case reverseZone
        /// Nobody's here: the name is a zone of its own.
        case alone
    }

    private func reverseHome(of address: IPAddress) -> ReverseHome {
        var name = address.reverseName
        let settings = settings
        while let parent = name.parent {
            if settings.staticApexes.contains(name) { return .zoneFile }
            if settings.reverseZones.contains(name) { return .reverseZone }
            name = parent
        }
        return .alone
    }
}
