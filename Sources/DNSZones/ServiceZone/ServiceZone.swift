package import DNSResponder
internal import DNSWire
package import ServiceCatalog
internal import Synchronization

/// Compiles the catalog to names and RRsets, and after each change again what the change touched.
///
/// Why a listener: the keeper calls it before it acknowledges a write, so what was acknowledged is
/// in the next answer. Cost of a change: the records of the touched services' touched tags.
package final class ServiceZone: CatalogListener {
    private let currentSettings: Mutex<ServiceZoneSettings>
    private let currentVisibility: Mutex<NameVisibility>
    private let publish: @Sendable ([TableChange]) -> Void
    let domains: [ServiceNames]
    /// Names whose address is a host name: they are answered by following an alias.
    let aliases = Mutex<[DomainName: ServiceAlias]>([:])

    /// Makes a compiler that hands its results to `publish`, in order, one call at a time.
    package init(
        settings: ServiceZoneSettings,
        visibility: NameVisibility = .all,
        publish: @escaping @Sendable ([TableChange]) -> Void
    ) {
        self.currentSettings = Mutex(settings)
        self.currentVisibility = Mutex(visibility)
        self.publish = publish
        self.domains = settings.domains.map { domain in
            ServiceNames(
                domain: domain,
                datacenter: settings.datacenter,
                inner: settings.domains.filter { $0 != domain && $0.isSubdomain(of: domain) }
            )
        }
    }

    /// How names are answered now.
    var settings: ServiceZoneSettings { currentSettings.withLock { $0 } }

    /// What is shown now.
    var visibility: NameVisibility { currentVisibility.withLock { $0 } }

    /// The longest time in seconds that caches keep what answers say about `service`.
    package func answerTTLSeconds(_ service: String) -> UInt32 {
        let settings = settings
        return max(settings.serviceTTL.seconds(service), settings.nodeTTLSeconds)
    }

    /// Answers by `new` from now on; called while nobody changes the catalog.
    ///
    /// Domains, datacenter, reverse zones and the name server's label stay those of the start:
    /// names under others would be left behind.
    package func replaceSettings(_ new: ServiceZoneSettings, for catalog: borrowing Catalog) {
        let old = settings
        var new = new
        new.domains = old.domains
        new.datacenter = old.datacenter
        new.reverseZones = old.reverseZones
        new.nameServerLabel = old.nameServerLabel
        guard new != old else { return }
        if new.staticApexes != old.staticApexes {
            // Under the old settings: these names are where they said.
            publish(catalog.addresses.flatMap { reverseRemoval($0) })
        }
        currentSettings.withLock { $0 = new }
        publishAll(of: catalog)
    }

    /// Shows what `new` allows from now on; called while nobody changes the catalog, such as in
    /// `CatalogKeeper.read`.
    ///
    /// Cost: all answers are compiled again.
    package func replaceVisibility(_ new: NameVisibility, for catalog: borrowing Catalog) {
        currentVisibility.withLock { $0 = new }
        publishAll(of: catalog)
    }

    /// Publishes the zones and all that `catalog` holds.
    package func publishAll(of catalog: borrowing Catalog) {
        var changes = zoneChanges(serial: catalog.index)
        changes += reverseZoneChanges(settings.reverseZones, serial: catalog.index)
        for names in domains {
            changes += names.permanent.map { .name(PublishedName(name: $0, here: .rrsets([]))) }
            // Which prepared queries there are, and what they find, only the slow path knows.
            changes += names.queries.map {
                .name(PublishedName(name: $0, here: .rrsets([]), below: .fallback))
            }
            changes += nameServerChanges(names)
        }
        for node in catalog.nodes {
            changes += nodeChanges(node.name, catalog)
            if !node.id.isEmpty { changes += nodeChanges(node.id, catalog) }
        }
        for service in catalog.serviceNames {
            changes += serviceChanges(service, TouchedTags(isAll: true), catalog)
        }
        for address in catalog.addresses { changes += addressChanges(address, catalog) }
        publish(changes)
    }

    package func catalogDidChange(_ delta: CatalogDelta, in catalog: borrowing Catalog) {
        guard !delta.concernsOnlyKeys else { return }
        var changes = zoneChanges(serial: delta.index)
        let reverseZones = Set(delta.addresses.compactMap { reverseZone(of: $0.reverseName) })
        changes += reverseZoneChanges(reverseZones, serial: delta.index)
        for node in delta.touchedNodes { changes += nodeChanges(node, catalog) }
        let touched = touchedTags(delta, catalog)
        for service in delta.services.sorted() {
            let tags = touched[Catalog.fold(service)] ?? TouchedTags()
            changes += serviceChanges(service, tags, catalog)
        }
        for address in delta.addresses {
            changes += addressChanges(address, catalog)
        }
        publish(changes)
    }

    // MARK: Zones

    private func zoneChanges(serial: CatalogIndex) -> [TableChange] {
        domains.map { .zone(zone(apex: $0.domain, names: $0, serial: serial)) }
    }

    private func reverseZoneChanges(
        _ apexes: some Sequence<DomainName>,
        serial: CatalogIndex
    ) -> [TableChange] {
        guard let names = domains.first else { return [] }
        return apexes.flatMap { apex in
            [
                TableChange.zone(zone(apex: apex, names: names, serial: serial)),
                .name(apexName(apex, names: names)),
            ]
        }
    }

    /// The reverse zone of ours that holds `name`; nil outside all of them.
    func reverseZone(of name: DomainName) -> DomainName? {
        settings.reverseZones.first { name.isSubdomain(of: $0) }
    }

    func zone(apex: DomainName, names: ServiceNames, serial: CatalogIndex) -> PublishedZone {
        PublishedZone(
            apex: apex,
            primary: names.nameServer(settings.nameServerLabel),
            mailbox: names.mailbox(settings.mailboxLabel),
            // RFC 1982: serials wrap around.
            serial: UInt32(truncatingIfNeeded: serial),
            refreshSeconds: settings.timers.refreshSeconds,
            retrySeconds: settings.timers.retrySeconds,
            expireSeconds: settings.timers.expireSeconds,
            minimumSeconds: settings.negativeTTLSeconds,
            ttlSeconds: settings.negativeTTLSeconds,
            nameErrorNote: visibility.nameErrorNote,
            forwardsMisses: settings.forwardsReverseMisses && settings.reverseZones.contains(apex)
        )
    }

    private func nameServerChanges(_ names: ServiceNames) -> [TableChange] {
        [
            .name(apexName(names.domain, names: names)),
            .name(
                PublishedName(
                    name: names.nameServer(settings.nameServerLabel),
                    here: .rrsets(
                        addressRRsets(
                            settings.nameServerAddresses,
                            ttlSeconds: settings.nodeTTLSeconds
                        )
                    )
                )
            ),
        ]
    }

    func apexName(_ apex: DomainName, names: ServiceNames) -> PublishedName {
        let glue = settings.nameServerAddresses.map {
            ResourceRecord(
                owner: names.nameServer(settings.nameServerLabel),
                type: $0.recordType,
                ttlSeconds: settings.nodeTTLSeconds,
                rdata: $0.rdata
            )
        }
        let nameServers = PublishedRRset(
            type: .ns,
            ttlSeconds: settings.nodeTTLSeconds,
            rdata: [names.nameServer(settings.nameServerLabel).wire],
            additional: glue
        )
        return PublishedName(name: apex, here: .rrsets([nameServers]))
    }
}
