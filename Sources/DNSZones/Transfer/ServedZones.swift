package import DNSResponder
package import DNSWire

/// All zones that are served here, whole: the zone files', the catalog's domains and reverse zones.
package struct ServedZones: ZoneSource {
    private let files: AuthoritativeFallback
    private let catalog: ServiceZoneLookup

    package init(files: AuthoritativeFallback, catalog: ServiceZoneLookup) {
        self.files = files
        self.catalog = catalog
    }

    package func contents(ofZone apex: DomainName) -> (any ZoneContents)? {
        if let zone = files.current.zones[apex] { return StaticZoneContents(zone) }
        return catalog.contents(ofZone: apex)
    }
}
