import DNSResponder
import DNSWire
import DNSZones
import ServiceCatalog

/// The workers' code over a catalog that has one of everything, and the zones of the quick start.
final class SampleServer {
    let keeper = CatalogKeeper(Catalog(datacenter: "dc1"))
    let table = AnswerTable(readers: 4)
    let zone: ServiceZone
    let fallback: AuthoritativeFallback
    /// Two of the same, each with its own reader.
    let server: InProcessServer
    let twin: InProcessServer

    static let identifier = Array("fuzz".utf8)

    init(zones: [StaticZone]) throws {
        let settings = ServiceZoneSettings(
            domains: [try DomainName("consul"), try DomainName("other.example")],
            datacenter: "dc1",
            nameServerAddresses: [.v4(0x7F00_0001)],
            reverseZones: [try DomainName("10.in-addr.arpa")],
            staticApexes: Set(zones.map(\.apex))
        )
        let table = table
        let zone = ServiceZone(settings: settings) { changes in
            do { try table.apply(changes) } catch { fatalError("refused: \(error)") }
        }
        self.zone = zone
        let set = StaticZoneSet(zones, otherApexes: Set(settings.domains + settings.reverseZones))
        try table.apply(StaticZoneCompiler.changes(to: set))
        fallback = AuthoritativeFallback(
            zones: set,
            others: ServiceZoneLookup(zone: zone, table: table, keeper: keeper)
        )
        server = try Self.server(table, fallback)
        twin = try Self.server(table, fallback)
        keeper.add(zone) { zone.publishAll(of: $0) }
        try register()
    }

    static func server(
        _ table: AnswerTable,
        _ fallback: AuthoritativeFallback
    ) throws -> InProcessServer {
        let configuration = ResponderConfiguration(listen: [], nameServerIdentifier: identifier)
        return require(
            InProcessServer(configuration: configuration, table: table, fallback: fallback),
            "the table has no reader left"
        )
    }

    private func register() throws {
        let nodes = [
            Node(name: "a", address: "10.0.0.1", datacenter: "dc1", meta: ["os": "linux"]),
            Node(name: "b", address: "fd00::2", datacenter: "dc1"),
        ]
        var changes = nodes.map { CatalogChange.register(Registration(node: $0)) }
        changes += ["web", "db", "wide"].flatMap { service in
            (0..<(service == "wide" ? 200 : 3)).map { number in
                let instance = ServiceInstance(
                    node: number % 2 == 0 ? "a" : "b",
                    id: "\(service)-\(number)",
                    service: service,
                    tags: ["v\(number)", "primary"],
                    address: number == 2 ? "" : "10.1.\(number % 7).\(number)",
                    port: 8000 + number,
                    meta: ["version": "\(number)"]
                )
                let check = HealthCheck(
                    node: instance.node,
                    id: "c-\(instance.id)",
                    name: "alive",
                    status: number == 1 ? .critical : .passing,
                    serviceID: instance.id
                )
                let checks = [RegisteredCheck(check, keepsStatus: false)]
                return .register(Registration(instance: instance, checks: checks))
            }
        }
        let hosts = ["web.service.consul", "www.example.org", "elsewhere.example.net"]
        changes += hosts.enumerated().map { number, host in
            .register(
                Registration(
                    instance: ServiceInstance(
                        node: "a",
                        id: "host-\(number)",
                        service: "host\(number)",
                        address: host,
                        port: 443
                    )
                )
            )
        }
        // At once: one by one, each would publish the service of all before it again.
        for written in keeper.apply(changes, from: 2) { _ = try written.get() }
    }
}
