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
        guard let owners = catalog.owners(of: address).flatMap({ shown($0, catalog) }) else {
            return domains.flatMap { $0.address(address) }.map { remove($0) }
                + reverseRemoval(address)
        }
        let families = [address] + owners.companions
        let rrsets = addressRRsets(families, ttlSeconds: settings.nodeTTLSeconds)
        let forward = domains.flatMap { $0.address(address) }.map {
            TableChange.name(PublishedName(name: $0, here: .rrsets(rrsets)))
        }
        return forward + reversePublication(address, owners, serial: catalog.index)
    }

    /// Who has an address, as far as it may be shown.
    private struct ShownOwners {
        /// As registered; at most as many as one PTR answer gives.
        var nodes: [String]
        var services: [String]
        /// Addresses of the other family that the same owners have.
        var companions: [IPAddress]
    }

    /// Nil without an owner that may be shown.
    ///
    /// An address counts as its service's, on whatever node: who may see the service may see it.
    private func shown(
        _ owners: Catalog.AddressOwners,
        _ catalog: borrowing Catalog
    ) -> ShownOwners? {
        let visibility = visibility
        var shown = ShownOwners(nodes: [], services: [], companions: [])
        for key in owners.nodes.keys.sorted() where shown.nodes.count < Self.pointersMax {
            guard let name = catalog.node(key)?.name, visibility.showsNode(name) else { continue }
            shown.nodes.append(name)
        }
        for key in owners.services.keys.sorted() where shown.services.count < Self.pointersMax {
            let name = catalog.serviceName(key) ?? key
            if visibility.showsService(name) { shown.services.append(name) }
        }
        guard !shown.nodes.isEmpty || !shown.services.isEmpty else { return nil }
        shown.companions = owners.companions.keys.sorted {
            $0.rdata.lexicographicallyPrecedes($1.rdata)
        }
        return shown
    }

    private func reversePublication(
        _ address: IPAddress,
        _ owners: ShownOwners,
        serial: CatalogIndex
    ) -> [TableChange] {
        guard let names = domains.first, case let home = reverseHome(of: address), home != .zoneFile
        else { return [] }
        let targets =
            owners.nodes.compactMap { names.canonicalNode($0) }
            + owners.services.compactMap { names.canonicalService($0) }
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
        return [.zone(zone(apex: name, names: names, serial: serial)), .name(apex)]
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
