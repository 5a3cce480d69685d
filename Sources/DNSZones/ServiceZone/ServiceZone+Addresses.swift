internal import DNSResponder
internal import DNSWire
internal import ServiceCatalog
internal import Synchronization

extension ServiceZone {
    /// The `.addr` names of `address` and its reverse name.
    ///
    /// Only addresses of the catalog have them: a name that answered with any address that is
    /// written into it would let strangers point a trusted name anywhere. The table knows the
    /// addresses and makes these answers by itself; only an address that has a companion of the
    /// other family has names of its own.
    func addressChanges(
        _ address: IPAddress,
        _ catalog: borrowing Catalog,
        into changes: inout [TableChange]
    ) {
        let current = current
        let inZone = current.reverseHomes.isInZone(address)
        guard let companions = catalog.companions(of: address),
            !current.visibility.isRestricted || isShown(address, catalog, current.visibility)
        else {
            changes.append(.removeAddress(address, inZone: inZone))
            return removeAccompanied(address, into: &changes)
        }
        changes.append(.address(address, inZone: inZone))
        guard !companions.isEmpty else { return removeAccompanied(address, into: &changes) }
        let ttlSeconds = current.settings.nodeTTLSeconds
        let rrsets = addressRRsets([address] + companions, ttlSeconds: ttlSeconds)
        accompanied.withLock { _ = $0.insert(address) }
        for names in domains {
            let owners = names.address(address)
            changes.append(.names(PublishedNames(names: owners, rrsets: rrsets)))
        }
    }

    private func removeAccompanied(_ address: IPAddress, into changes: inout [TableChange]) {
        guard accompanied.withLock({ $0.isEmpty ? nil : $0.remove(address) }) != nil else { return }
        for names in domains { remove(names.address(address), into: &changes) }
    }

    /// An address counts as its service's, on whatever node: who may see the service may see it.
    private func isShown(
        _ address: IPAddress,
        _ catalog: borrowing Catalog,
        _ visibility: NameVisibility
    ) -> Bool {
        catalog.owners(of: address).map { isShown($0, catalog, visibility) } ?? false
    }

    /// The same of the owners of an address.
    func isShown(
        _ owners: AddressOwners,
        _ catalog: borrowing Catalog,
        _ visibility: NameVisibility
    ) -> Bool {
        guard visibility.isRestricted else { return true }
        let nodes = owners.nodes.first(1) { key in
            catalog.node(key).flatMap { visibility.showsNode($0.name) ? key : nil }
        }
        let services = owners.services.first(1) { key in
            visibility.showsService(catalog.serviceName(key) ?? key) ? key : nil
        }
        return !nodes.isEmpty || !services.isEmpty
    }
}
