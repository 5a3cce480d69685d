internal import DNSResponder
internal import DNSWire
internal import ServiceCatalog

extension ServiceZoneLookup {
    /// A domain or reverse zone of the catalog as it is now; nil for any other name.
    ///
    /// Under the catalog's lock the table, which has the serial, is in step with the catalog.
    func contents(ofZone apex: DomainName) -> CatalogZoneContents? {
        let (zone, lookup) = (zone, self)
        let found = keeper.read { catalog -> (Catalog, ServiceZone.State, ResourceRecord)? in
            let state = zone.current
            let apexes = state.settings.domains + state.settings.reverseZones
            guard apexes.contains(apex),
                case .records(let records, _, _) = lookup.ask(apex, .soa),
                let soa = records.first
            else { return nil }
            return (copy catalog, state, soa)
        }
        guard let (catalog, state, soa) = found else { return nil }
        return CatalogZoneContents(startOfAuthority: soa, state, catalog)
    }
}
