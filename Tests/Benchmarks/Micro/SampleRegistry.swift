import DNSResponder
import DNSWire
import DNSZones
import ServiceCatalog

/// A catalog of equal services behind the workers' code, without threads, sockets and disk.
final class SampleRegistry {
    let keeper: CatalogKeeper
    let table = AnswerTable(readers: 1)
    let zone: ServiceZone
    let server: InProcessServer
    private var index: CatalogIndex = 2

    /// All instances are on this node, as natively registered ones are.
    static let node = "vm"

    /// `services` with `instances` each: `svc-000042`, `10.0.0.1:8000` and so on.
    init(
        services: Int,
        instances: Int,
        protection: ProtectionSettings = ProtectionSettings()
    ) throws {
        let catalog = try Self.catalog(services: services, instances: instances)
        index = catalog.index + 1
        keeper = CatalogKeeper(catalog)
        let table = table
        zone = ServiceZone(settings: try Self.settings()) { changes in
            do { try table.apply(changes) } catch { print("refused: \(error)") }
        }
        guard
            let server = InProcessServer(
                configuration: ResponderConfiguration(listen: [], protection: protection),
                table: table,
                fallback: NoFallback()
            )
        else { throw WrongResult(description: "the table has no reader left") }
        self.server = server
        let zone = zone
        keeper.add(zone) { zone.publishAll(of: $0) }
    }

    static func settings() throws -> ServiceZoneSettings {
        ServiceZoneSettings(
            domains: [try DomainName("consul")],
            datacenter: "dc1",
            nameServerAddresses: [.v4(0x7F00_0001)],
            reverseZones: [try DomainName("10.in-addr.arpa")]
        )
    }

    static func catalog(services: Int, instances: Int) throws -> Catalog {
        var limits = CatalogLimits()
        limits.instancesMax = .max
        limits.instancesPerServiceMax = .max
        var catalog = Catalog(datacenter: "dc1", limits: limits)
        let node = Node(name: Self.node, address: "127.0.0.1", datacenter: "dc1")
        _ = try catalog.apply(.register(Registration(node: node)), at: 1)
        for number in 0..<services * instances {
            let instance = Self.instance(number, of: number / instances)
            let index = CatalogIndex(number + 2)
            _ = try catalog.apply(.register(Registration(instance: instance)), at: index)
        }
        return catalog
    }

    static func service(_ number: Int) -> String {
        let digits = String(number)
        return "svc-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    static func instance(_ number: Int, of service: Int) -> ServiceInstance {
        let address = "10.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)"
        return ServiceInstance(
            node: node,
            id: "\(Self.service(service))-\(address)-8000",
            service: Self.service(service),
            address: address,
            port: 8000
        )
    }

    func apply(_ change: CatalogChange) throws {
        index += 1
        _ = try keeper.apply([change], from: index)[0].get()
    }

    static func query(
        _ name: String,
        _ type: RecordType,
        edns: Bool,
        options: [EDNS.Option] = []
    ) throws -> [UInt8] {
        Message.query(
            id: 7,
            name: try DomainName(name),
            type: type,
            edns: edns ? EDNS(udpPayloadBytes: 1232, options: options) : nil
        ).encoded()
    }
}

/// Everything is in the table.
private struct NoFallback: QueryFallback {
    func answer(_ query: FallbackQuery) -> FallbackReply {
        FallbackReply(responseCode: .serverFailure, isAuthoritative: false)
    }
}
