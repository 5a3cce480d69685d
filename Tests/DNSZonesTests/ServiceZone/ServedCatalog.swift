import DNSResponder
import DNSWire
import ServiceCatalog
import Synchronization
import Testing

@testable import DNSZones

/// A catalog behind the workers' code, slow path included, without sockets.
final class ServedCatalog {
    let keeper = CatalogKeeper(Catalog(datacenter: "dc1"))
    private let zone: ServiceZone
    private let fallback: AuthoritativeFallback
    private let transferable: ServedZones
    private let server: InProcessServer
    private var nextIndex: CatalogIndex = 2

    init(
        domains: [String] = ["consul"],
        zones: [StaticZone] = [],
        _ change: (inout ServiceZoneSettings) -> Void = { _ in }
    ) throws {
        var settings = ServiceZoneSettings(
            domains: try domains.map { try DomainName($0) },
            datacenter: "dc1",
            nameServerAddresses: [try #require(IPAddress("127.0.0.1"))],
            reverseZones: [try DomainName("10.in-addr.arpa")],
            staticApexes: Set(zones.map(\.apex))
        )
        change(&settings)
        let table = AnswerTable(readers: 2)
        let refused = Mutex<[String]>([])
        let zone = ServiceZone(settings: settings) { changes in
            do { try table.apply(changes) } catch { refused.withLock { $0.append("\(error)") } }
        }
        self.zone = zone
        let set = StaticZoneSet(zones, otherApexes: Set(settings.domains + settings.reverseZones))
        try table.apply(StaticZoneCompiler.changes(to: set))
        let lookup = ServiceZoneLookup(
            zone: zone,
            table: table,
            keeper: keeper,
            queries: PreparedQueryAnswers(
                keeper: keeper,
                executor: QueryExecutor(keeper: keeper),
                localNode: "n1"
            )
        )
        fallback = AuthoritativeFallback(zones: set, others: lookup)
        transferable = ServedZones(files: fallback, catalog: lookup)
        server = try #require(
            InProcessServer(
                configuration: ResponderConfiguration(listen: []),
                table: table,
                fallback: fallback
            )
        )
        keeper.add(zone) { zone.publishAll(of: $0) }
        #expect(refused.withLock { $0 }.isEmpty)
    }

    func change(_ change: CatalogChange) throws {
        nextIndex += 1
        _ = try keeper.apply([change], from: nextIndex)[0].get()
    }

    func node(
        _ name: String,
        _ address: String,
        meta: [String: String] = [:],
        tagged: [String: String] = [:]
    ) throws {
        let node = Node(
            name: name,
            address: address,
            datacenter: "dc1",
            taggedAddresses: tagged,
            meta: meta
        )
        try change(.register(Registration(node: node)))
    }

    func instance(_ instance: ServiceInstance, status: HealthStatus? = nil) throws {
        let checks = status.map { status in
            let check = HealthCheck(
                node: instance.node,
                id: "c-\(instance.id)",
                name: "c",
                status: status,
                serviceID: instance.id
            )
            return [RegisteredCheck(check, keepsStatus: false)]
        }
        try change(.register(Registration(instance: instance, checks: checks ?? [])))
    }

    /// What a client that takes everything is told.
    func ask(
        _ name: String,
        _ type: RecordType,
        overTCP: Bool = true,
        edns: EDNS? = EDNS(udpPayloadBytes: 1232),
        client: IPAddress? = nil
    ) throws -> Message {
        let query = Message.query(id: 7, name: try DomainName(name), type: type, edns: edns)
        let bytes = try #require(
            server.serve(query.encoded(), overTCP: overTCP, client: client)
        )
        return try Message(decoding: bytes)
    }

    /// Why a question is answered as it is.
    func explain(_ name: String, _ type: RecordType) throws -> NameExplanation {
        NameExplainer(
            zone: zone,
            fallback: fallback,
            keeper: keeper,
            queries: QueryExecutor(keeper: keeper),
            localNode: "n1"
        ).explain(try DomainName(name), type)
    }

    func show(_ visibility: NameVisibility) {
        keeper.read { zone.replaceVisibility(visibility, for: $0) }
    }

    /// What a secondary server would get of a zone.
    func contents(ofZone apex: String) throws -> (any ZoneContents)? {
        transferable.contents(ofZone: try DomainName(apex))
    }

    /// The answer section as `owner TYPE data`, in order of text.
    func answer(_ name: String, _ type: RecordType) throws -> [String] {
        try ask(name, type).answer.map(\.line).sorted()
    }

    func additional(_ name: String, _ type: RecordType) throws -> [String] {
        try ask(name, type).additional.map(\.line).sorted()
    }
}
