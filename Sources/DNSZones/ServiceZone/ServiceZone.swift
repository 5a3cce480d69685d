package import DNSResponder
package import DNSWire
package import ServiceCatalog
internal import Synchronization

/// Compiles the catalog to names and RRsets, and after each change again what the change touched.
///
/// Why a listener: the keeper calls it before it acknowledges a write, so what was acknowledged is
/// in the next answer. Cost of a change: the records of the touched services' touched tags.
package final class ServiceZone: CatalogListener {
    private let state: Mutex<State>
    private let publish: @Sendable ([TableChange]) -> Void
    let domains: [ServiceNames]
    /// Names whose address is a host name: they are answered by following an alias.
    let aliases = Mutex<[DomainName: ServiceAlias]>([:])
    /// Addresses whose names are published by themselves: they answer with a second one.
    let accompanied = Mutex<Set<IPAddress>>([])

    /// Services that are answered with all their instances, by folded name.
    let panicking = Mutex<Set<String>>([])

    /// Services with very many instances, by folded name.
    private let large = Mutex<[String: LargeService]>([:])
    private let largeLimits: LargeService.Limits

    /// How names are answered and what is shown; never changed, so that taking it costs no copy.
    final class State: Sendable {
        let settings: ServiceZoneSettings
        let visibility: NameVisibility
        let reverseHomes: ReverseHomes

        init(_ settings: ServiceZoneSettings, _ visibility: NameVisibility) {
            self.settings = settings
            self.visibility = visibility
            reverseHomes = ReverseHomes(settings)
        }
    }

    /// Changes that are handed over at once while the whole catalog is published.
    private static let batchSize = 4096

    /// Makes a compiler that hands its results to `publish`, in order, one call at a time.
    package convenience init(
        settings: ServiceZoneSettings,
        visibility: NameVisibility = .all,
        publish: @escaping @Sendable ([TableChange]) -> Void
    ) {
        self.init(
            settings: settings,
            visibility: visibility,
            largeLimits: LargeService.Limits(),
            publish: publish
        )
    }

    init(
        settings: ServiceZoneSettings,
        visibility: NameVisibility,
        largeLimits: LargeService.Limits,
        publish: @escaping @Sendable ([TableChange]) -> Void
    ) {
        self.largeLimits = largeLimits
        self.state = Mutex(State(settings, visibility))
        self.publish = publish
        self.domains = settings.domains.map { domain in
            ServiceNames(
                domain: domain,
                datacenter: settings.datacenter,
                inner: settings.domains.filter { $0 != domain && $0.isSubdomain(of: domain) }
            )
        }
    }

    var current: State { state.withLock { $0 } }

    /// How names are answered now.
    var settings: ServiceZoneSettings { current.settings }

    /// What is shown now.
    var visibility: NameVisibility { current.visibility }

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
        if new.staticApexes != old.staticApexes { publishMoves(of: catalog, from: old, to: new) }
        replace(new, visibility)
        publishAll(of: catalog)
    }

    /// Takes out the addresses whose reverse names get another home, under the old settings.
    private func publishMoves(
        of catalog: borrowing Catalog,
        from old: ServiceZoneSettings,
        to new: ServiceZoneSettings
    ) {
        let (before, after) = (ReverseHomes(old), ReverseHomes(new))
        publish(
            catalog.addresses.filter { before.isInZone($0) != after.isInZone($0) }
                .map { .removeAddress($0, inZone: before.isInZone($0)) }
        )
    }

    /// Shows what `new` allows from now on; called while nobody changes the catalog, such as in
    /// `CatalogKeeper.read`.
    ///
    /// Cost: all answers are compiled again.
    package func replaceVisibility(_ new: NameVisibility, for catalog: borrowing Catalog) {
        replace(settings, new)
        publishAll(of: catalog)
    }

    private func replace(_ settings: ServiceZoneSettings, _ visibility: NameVisibility) {
        let new = State(settings, visibility)
        state.withLock { $0 = new }
    }

    /// Publishes the zones and all that `catalog` holds, in batches.
    package func publishAll(of catalog: borrowing Catalog) {
        var changes = zoneChanges(serial: catalog.index)
        for names in domains { addPermanentNames(names, into: &changes) }
        for node in catalog.nodes {
            nodeChanges(node.name, catalog, into: &changes)
            if !node.id.isEmpty { nodeChanges(node.id, catalog, into: &changes) }
            publishFull(&changes)
        }
        for service in catalog.serviceNames {
            let touched = TouchedTags(isAll: true, isAnew: true)
            serviceChanges(service, touched, catalog, into: &changes)
            publishFull(&changes)
        }
        for address in catalog.addresses {
            addressChanges(address, catalog, into: &changes)
            publishFull(&changes)
        }
        publish(changes)
    }

    private func publishFull(_ changes: inout [TableChange]) {
        guard changes.count >= Self.batchSize else { return }
        publish(changes)
        changes.removeAll(keepingCapacity: true)
    }

    private func addPermanentNames(_ names: ServiceNames, into changes: inout [TableChange]) {
        for name in names.permanent {
            changes.append(.name(PublishedName(name: name, here: .rrsets([]))))
        }
        for name in names.addresses {
            changes.append(
                .name(
                    PublishedName(
                        name: name,
                        here: .rrsets([]),
                        below: .addresses(ttlSeconds: current.settings.nodeTTLSeconds)
                    )
                )
            )
        }
        for name in names.queries {
            // Which prepared queries there are, and what they find, only the slow path knows.
            changes.append(
                .name(PublishedName(name: name, here: .rrsets([]), below: .fallback))
            )
        }
        changes += nameServerChanges(names)
    }

    /// Lets every answer about the catalog say `note` as an extended error from now on, such as that
    /// it may be stale; nil takes it back.
    package func setNote(_ note: ExtendedError?) {
        let settings = settings
        publish((settings.domains + settings.reverseZones).map { .note(apex: $0, note) })
    }

    package func catalogDidChange(_ delta: CatalogDelta, in catalog: borrowing Catalog) {
        guard !delta.concernsOnlyKeys else { return }
        var changes = serialChanges(delta)
        for node in delta.touchedNodes { nodeChanges(node, catalog, into: &changes) }
        for (service, tags) in touchedServices(delta, catalog) {
            serviceChanges(service, tags, catalog, into: &changes)
        }
        for address in delta.addresses { addressChanges(address, catalog, into: &changes) }
        publish(changes)
    }

    // MARK: Large services

    /// What the touched names of a large service stand for; nil for any other service.
    func largeContents(
        _ service: String,
        _ touched: TouchedTags,
        _ catalog: borrowing Catalog
    ) -> [(tag: String?, content: LargeService.Content)]? {
        let key = Catalog.fold(service)
        let count = catalog.instanceCount(ofService: service)
        let current = current
        let isShown = current.visibility.showsService(service)
        return large.withLock { large in
            let isKnown = large[key] != nil
            guard isShown,
                count >= largeLimits.instancesMin * (isKnown ? 3 : 4) / 4
            else {
                large[key] = nil
                return nil
            }
            var tags = touched.tags
            if isKnown, !touched.isAnew {
                for instance in touched.instances {
                    let new = endpoint(instance, of: key, catalog)
                    tags.formUnion(large[key]?.update(instance, to: new) ?? [])
                }
            } else {
                let (new, allTags) = makeLarge(service, current, catalog)
                large[key] = new
                if touched.isAll { tags.formUnion(allTags) }
            }
            return ([nil] + tags.map(Optional.some)).compactMap { tag in
                large[key].map { (tag, $0.content(tag)) }
            }
        }
    }

    /// All of a large service, and all tags, also of what is hidden.
    private func makeLarge(
        _ service: String,
        _ current: State,
        _ catalog: borrowing Catalog
    ) -> (LargeService, tags: Set<String>) {
        var large = LargeService(
            domains: domains,
            ttlSeconds: current.settings.serviceTTL.seconds(service),
            onlyPassing: current.settings.onlyPassing,
            panicPercent: current.settings.panic.percent(service),
            limits: largeLimits
        )
        var tags: Set<String> = []
        catalog.forEachInstance(ofService: service) { instance, node, health in
            tags.formUnion(instance.tags.map { $0.lowercased() })
            guard current.visibility.showsNode(node.name) else { return }
            let endpoint = Endpoint(
                instance,
                on: node,
                health: health,
                isInMaintenance: isInMaintenance(instance, health: health, catalog)
            ) { isName($0, of: instance) }
            _ = large.update(instance.key, to: endpoint)
        }
        return (large, tags)
    }

    /// The instance as far as it is of the service with a folded name, and may be shown.
    private func endpoint(
        _ key: InstanceKey,
        of service: String,
        _ catalog: borrowing Catalog
    ) -> Endpoint? {
        guard let instance = catalog.instance(key), Catalog.fold(instance.service) == service,
            let node = catalog.node(key.node), visibility.showsNode(node.name)
        else { return nil }
        let health = catalog.health(key)
        return Endpoint(
            instance,
            on: node,
            health: health,
            isInMaintenance: isInMaintenance(instance, health: health, catalog)
        ) { isName($0, of: instance) }
    }

    // MARK: Zones

    private func zoneChanges(serial: CatalogIndex) -> [TableChange] {
        let own = domains.map {
            TableChange.zone(zone(apex: $0.domain, names: $0, serial: serial))
        }
        guard let names = domains.first else { return own }
        return own
            + settings.reverseZones.flatMap { apex in
                [
                    .zone(zone(apex: apex, names: names, serial: serial)),
                    .name(apexName(apex, names: names)),
                ]
            }
    }

    /// The new serial of the domains, and of the reverse zones that changed.
    private func serialChanges(_ delta: CatalogDelta) -> [TableChange] {
        // RFC 1982: serials wrap around.
        let serial = UInt32(truncatingIfNeeded: delta.index)
        var changes = domains.map { TableChange.serial(apex: $0.domain, serial) }
        let homes = current.reverseHomes
        var reverseZones: Set<DomainName> = []
        for address in delta.addresses {
            if case .reverseZone(let apex) = homes[address] { reverseZones.insert(apex) }
        }
        for apex in reverseZones { changes.append(.serial(apex: apex, serial)) }
        return changes
    }

    func zone(apex: DomainName, names: ServiceNames, serial: CatalogIndex) -> PublishedZone {
        let settings = settings
        let isReverse = settings.reverseZones.contains(apex)
        return PublishedZone(
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
            forwardsMisses: settings.forwardsReverseMisses && isReverse,
            holdsAddresses: isReverse
        )
    }

    func nameServerChanges(_ names: ServiceNames) -> [TableChange] {
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
