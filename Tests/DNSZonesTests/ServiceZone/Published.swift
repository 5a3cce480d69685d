import DNSResponder
import DNSWire
import ServiceCatalog
import Synchronization
import Testing

@testable import DNSZones

/// A catalog whose published names can be looked at.
final class Published: Sendable {
    private let names = Mutex<[DomainName: PublishedName]>([:])
    private let zones = Mutex<[DomainName: PublishedZone]>([:])
    /// Addresses that answer by themselves, and whether a zone holds their reverse names.
    private let addresses = Mutex<[IPAddress: Bool]>([:])
    private let changeCounts = Mutex<[Int]>([])
    let keeper: CatalogKeeper
    private let current: Mutex<ServiceZone?> = Mutex(nil)
    private let nextIndex = Mutex<CatalogIndex>(2)

    /// True when services are large early: their records then come in another order, and without
    /// additional ones.
    private let hasLargeServices: Bool

    init(
        domains: [String] = ["consul"],
        onlyPassing: Bool = false,
        panic: PanicThreshold = PanicThreshold(),
        largeLimits: LargeService.Limits? = nil
    ) throws {
        hasLargeServices = largeLimits != nil
        keeper = CatalogKeeper(Catalog(datacenter: "dc1"))
        let settings = ServiceZoneSettings(
            domains: try domains.map { try DomainName($0) },
            datacenter: "dc1",
            nameServerAddresses: [try #require(IPAddress("127.0.0.1"))],
            reverseZones: [try DomainName("10.in-addr.arpa")],
            onlyPassing: onlyPassing,
            panic: panic
        )
        let zone = ServiceZone(
            settings: settings,
            visibility: .all,
            largeLimits: largeLimits ?? LargeService.Limits()
        ) { [weak self] in self?.take($0) }
        keeper.add(zone) { zone.publishAll(of: $0) }
        current.withLock { $0 = zone }
        try change(
            .register(
                Registration(
                    node: Node(
                        name: "n1",
                        address: "10.0.0.1",
                        datacenter: "dc1",
                        meta: ["rack": "a"]
                    )
                )
            )
        )
    }

    private func take(_ changes: [TableChange]) {
        changeCounts.withLock { $0.append(changes.count) }
        for change in changes {
            names.withLock { $0.take(change) }
            switch change {
            case .zone(let zone): zones.withLock { $0[zone.apex] = zone }
            case .removeZone(let apex): zones.withLock { $0[apex] = nil }
            case .note: break
            case .serial(let apex, let serial): zones.withLock { $0[apex]?.serial = serial }
            case .address(let address, let inZone):
                addresses.withLock { $0[address] = $0[address] ?? inZone }
            case .removeAddress(let address, let inZone):
                let old = addresses.withLock { $0.removeValue(forKey: address) }
                #expect(old == nil || old == inZone)
            case .name, .names, .removeName: break
            }
        }
    }

    /// Changes the settings as a reload does.
    func reload(_ change: (inout ServiceZoneSettings) throws -> Void) throws {
        let zone = try #require(current.withLock { $0 })
        var settings = zone.settings
        try change(&settings)
        keeper.read { zone.replaceSettings(settings, for: $0) }
    }

    /// Puts another access rule in force.
    func show(_ visibility: NameVisibility) throws {
        let zone = try #require(current.withLock { $0 })
        keeper.read { zone.replaceVisibility(visibility, for: $0) }
    }

    /// The names and aliases that differ from those of the same catalog compiled at once.
    func differencesFromFresh() throws -> [String] {
        let zone = try #require(current.withLock { $0 })
        let fresh = Mutex<[DomainName: PublishedName]>([:])
        let freshAddresses = Mutex<[IPAddress: Bool]>([:])
        let other = ServiceZone(settings: zone.settings, visibility: zone.visibility) { changes in
            for change in changes {
                fresh.withLock { $0.take(change) }
                guard case .address(let address, let inZone) = change else { continue }
                freshAddresses.withLock { $0[address] = inZone }
            }
        }
        keeper.read { other.publishAll(of: $0) }
        guard addresses.withLock({ $0 }) == freshAddresses.withLock({ $0 }) else {
            return ["the addresses differ"]
        }
        let (old, new) = (names.withLock { $0 }, fresh.withLock { $0 })
        let aliases = (zone.aliases.withLock { $0 }, other.aliases.withLock { $0 })
        return Set(old.keys).union(new.keys).sorted { "\($0)" < "\($1)" }.compactMap { name in
            if hasLargeServices, let old = old[name], let new = new[name],
                old.isLike(new),
                aliases.0[name]?.isLike(aliases.1[name]) ?? (aliases.1[name] == nil)
            {
                return nil
            }
            guard old[name] == new[name], aliases.0[name] == aliases.1[name] else {
                return
                    "\(name): \(String(describing: old[name])) or \(String(describing: new[name]))"
            }
            return nil
        }
    }

    func change(_ change: CatalogChange) throws {
        let index = nextIndex.withLock {
            $0 += 1
            return $0
        }
        _ = try keeper.apply([change], from: index)[0].get()
    }

    func register(
        _ id: String,
        node: String = "n1",
        service: String = "web",
        address: String = "",
        port: Int = 80,
        tags: [String] = [],
        meta: [String: String] = [:],
        weights: ServiceWeights = ServiceWeights(),
        tagged: [String: ServiceAddress] = [:],
        status: HealthStatus? = nil
    ) throws {
        var checks: [RegisteredCheck] = []
        if let status {
            let check = HealthCheck(
                node: node,
                id: "c-\(id)",
                name: "c",
                status: status,
                serviceID: id
            )
            checks = [RegisteredCheck(check, keepsStatus: false)]
        }
        try change(
            .register(
                Registration(
                    instance: ServiceInstance(
                        node: node,
                        id: id,
                        service: service,
                        tags: tags,
                        address: address,
                        port: port,
                        meta: meta,
                        weights: weights,
                        taggedAddresses: tagged
                    ),
                    checks: checks
                )
            )
        )
    }

    /// What is at `text`; names of addresses are made as the table and the slow path make them.
    func name(_ text: String) throws -> PublishedName? {
        let name = try DomainName(text)
        if let published = names.withLock({ $0[name] }) { return published }
        if let parent = name.parent, let label = name.labels.first,
            case .addresses(let ttlSeconds) = names.withLock({ $0[parent]?.below }),
            let address = IPAddress(hexadecimal: String(decoding: label, as: UTF8.self)),
            addresses.withLock({ $0[address] }) != nil
        {
            let rrset = PublishedRRset(
                type: address.recordType,
                ttlSeconds: ttlSeconds,
                rdata: [address.rdata]
            )
            return PublishedName(name: name, here: .rrsets([rrset]))
        }
        guard
            case .records(let records, _, _) = try reverseName(name)?.find(name, .ptr, zoneSOA: nil)
        else { return nil }
        let rrset = PublishedRRset(
            type: .ptr,
            ttlSeconds: try #require(records.first).ttlSeconds,
            rdata: records.map(\.rdata)
        )
        return PublishedName(name: name, here: .rrsets([rrset]))
    }

    /// The reverse name at or above `name` that the slow path answers.
    private func reverseName(_ name: DomainName) throws -> ReverseName? {
        let zone = try #require(current.withLock { $0 })
        guard let address = IPAddress(enclosingReverseName: name),
            addresses.withLock({ $0[address] }) != nil
        else { return nil }
        return keeper.read { ReverseName(address, zone, $0) }
    }

    func zone(_ text: String) throws -> PublishedZone? {
        let name = try DomainName(text)
        return zones.withLock { $0[name] }
    }

    /// True when the reverse name `text` is a zone of its own.
    func isAlone(_ text: String) throws -> Bool {
        try reverseName(try DomainName(text))?.aloneApex != nil
    }

    /// The records of `type` at `text` in presentation form; nil when the name does not exist.
    func records(_ text: String, _ type: RecordType) throws -> [String]? {
        guard let name = try name(text), case .rrsets(let rrsets) = name.here else { return nil }
        return rrsets.first { $0.type == type }?.rdata.map { RData.text(type: type, rdata: $0) }
            ?? []
    }

    var panickingServices: [String] { current.withLock { $0?.panickingServices ?? [] } }

    var lastChangeCount: Int { changeCounts.withLock { $0.last ?? 0 } }
}

extension [DomainName: PublishedName] {
    /// Keeps what `change` says about names.
    fileprivate mutating func take(_ change: TableChange) {
        switch change {
        case .name(let name): self[name.name] = name
        case .names(let published): for name in published.each { self[name.name] = name }
        case .removeName(let name): self[name] = nil
        case .zone, .removeZone, .serial, .note, .address, .removeAddress: break
        }
    }
}

extension PublishedName {
    /// True when both say the same, in whatever order.
    func isLike(_ other: PublishedName) -> Bool {
        guard case .rrsets(let left) = here, case .rrsets(let right) = other.here else {
            return self == other
        }
        return note == other.note && below == other.below && left.areLike(right)
    }
}

extension ServiceAlias {
    fileprivate func isLike(_ other: ServiceAlias?) -> Bool {
        guard let other else { return false }
        return record == other.record && note == other.note && rrsets.areLike(other.rrsets)
    }
}

extension [PublishedRRset] {
    fileprivate func areLike(_ other: [PublishedRRset]) -> Bool {
        guard map(\.type) == other.map(\.type) else { return false }
        return zip(self, other).allSatisfy { left, right in
            let isPacked = left.packed != nil || right.packed != nil
            return left.ttlSeconds == right.ttlSeconds && left.limit == right.limit
                && left.rotates == right.rotates
                && left.allRdata.count == right.allRdata.count
                && Set(left.allRdata) == Set(right.allRdata)
                && (isPacked || Set(left.additional) == Set(right.additional))
        }
    }
}
