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
        var families = [address]
        for key in owners.instances {
            families += catalog.instance(key)?.families ?? []
        }
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
        guard let names = domains.first else { return [] }
        var targets: [DomainName] = []
        for node in owners.nodes {
            guard let node = catalog.node(node), let name = names.canonicalNode(node.name) else {
                continue
            }
            targets.append(name)
        }
        for key in owners.instances where targets.count < Self.pointersMax {
            guard let service = catalog.instance(key)?.service,
                let name = names.canonicalService(service), !targets.contains(name)
            else { continue }
            targets.append(name)
        }
        let pointers = PublishedRRset(
            type: .ptr,
            ttlSeconds: settings.nodeTTLSeconds,
            rdata: targets.prefix(Self.pointersMax).map(\.wire)
        )
        let name = address.reverseName
        guard !isOurs(name) else {
            return [.name(PublishedName(name: name, here: .rrsets([pointers])))]
        }
        // Claim nothing but this one address of a network that is not ours.
        var apex = apexName(name, names: names)
        if case .rrsets(let rrsets) = apex.here { apex.here = .rrsets(rrsets + [pointers]) }
        return [.zone(zone(apex: name, names: names, serial: catalog.index)), .name(apex)]
    }

    private func reverseRemoval(_ address: IPAddress) -> [TableChange] {
        let name = address.reverseName
        return isOurs(name)
            ? [.removeName(name)] : [.removeName(name), .removeZone(apex: name)]
    }

    private func isOurs(_ reverseName: DomainName) -> Bool {
        settings.reverseZones.contains { reverseName.isSubdomain(of: $0) }
    }

    /// Addresses whose names answer with other addresses since `delta`: those of instances whose
    /// address of the other family changed.
    func addressesWithNewCompanions(_ delta: CatalogDelta) -> Set<IPAddress> {
        var addresses: Set<IPAddress> = []
        for case .instance(let old, let new) in delta.events
        where old?.taggedAddresses != new?.taggedAddresses {
            for instance in [old, new] {
                if let first = instance?.families.first { addresses.insert(first) }
            }
        }
        return addresses
    }
}
