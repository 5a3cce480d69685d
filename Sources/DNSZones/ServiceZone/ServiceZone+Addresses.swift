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
        guard let names = domains.first else { return [] }
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
        guard reverseZone(of: name) == nil else {
            return [.name(PublishedName(name: name, here: .rrsets([pointers])))]
        }
        // Claim nothing but this one address of a network that is not ours.
        var apex = apexName(name, names: names)
        if case .rrsets(let rrsets) = apex.here { apex.here = .rrsets(rrsets + [pointers]) }
        return [.zone(zone(apex: name, names: names, serial: catalog.index)), .name(apex)]
    }

    private func reverseRemoval(_ address: IPAddress) -> [TableChange] {
        let name = address.reverseName
        return reverseZone(of: name) != nil
            ? [.removeName(name)] : [.removeName(name), .removeZone(apex: name)]
    }
}
