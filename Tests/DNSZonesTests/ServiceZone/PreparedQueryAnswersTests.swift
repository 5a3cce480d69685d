import DNSResponder
import DNSWire
import ServiceCatalog
import Synchronization
import Testing

@testable import DNSZones

/// A catalog, its zone, the answer table and the slow path, as the program joins them.
private final class Served {
    let keeper = CatalogKeeper(Catalog(datacenter: "dc1"))
    let fallback: AuthoritativeFallback
    private let server: InProcessServer
    private var index: CatalogIndex = 1

    init(visibility: NameVisibility = .all) throws {
        let table = AnswerTable(readers: 2)
        let settings = ServiceZoneSettings(
            domains: [try DomainName("consul"), try DomainName("alt.example")],
            datacenter: "dc1",
            serviceTTL: ServiceTTL(defaultSeconds: 5, exact: ["api": 9]),
            nameServerAddresses: [.v4(0x7F00_0001)]
        )
        let zone = ServiceZone(settings: settings, visibility: visibility) { changes in
            do { try table.apply(changes) } catch { Issue.record("\(error)") }
        }
        let queries = PreparedQueryAnswers(
            keeper: keeper,
            executor: QueryExecutor(keeper: keeper),
            localNode: "n1"
        )
        fallback = AuthoritativeFallback(
            others: ServiceZoneLookup(
                zone: zone,
                table: table,
                keeper: keeper,
                queries: queries
            )
        )
        server = try #require(
            InProcessServer(
                configuration: ResponderConfiguration(listen: []),
                table: table,
                fallback: fallback
            )
        )
        keeper.add(zone) { zone.publishAll(of: $0) }
        for (name, address) in [("n1", "10.0.0.1"), ("n2", "10.0.1.1"), ("n3", "10.9.0.1")] {
            let node = Node(name: name, address: address, datacenter: "dc1", meta: ["rack": "7"])
            try change(.register(Registration(node: node)))
        }
    }

    func change(_ change: CatalogChange) throws {
        index += 1
        _ = try keeper.apply([change], from: index)[0].get()
    }

    func register(
        _ service: String,
        on node: String,
        address: String = "",
        tags: [String] = [],
        _ status: HealthStatus = .passing
    ) throws {
        let id = "\(service)-\(node)"
        let instance = ServiceInstance(
            node: node,
            id: id,
            service: service,
            tags: tags,
            address: address,
            port: 8080,
            meta: ["v": "2"],
            weights: ServiceWeights(passing: 7, warning: 3)
        )
        let check = HealthCheck(node: node, id: "c-\(id)", name: "c", status: status, serviceID: id)
        try change(
            .register(
                Registration(
                    instance: instance,
                    checks: [RegisteredCheck(check, keepsStatus: false)]
                )
            )
        )
    }

    func prepare(
        _ name: String,
        id: String? = nil,
        isTemplate: Bool = false,
        ttl: String = "",
        _ service: PreparedQuery.Service
    ) throws {
        try change(
            .setPreparedQuery(
                PreparedQuery(
                    id: id ?? "id-of-\(name)",
                    name: name,
                    template: isTemplate
                        ? PreparedQuery.Template(type: "name_prefix_match") : nil,
                    service: service,
                    dnsTTL: ttl
                )
            )
        )
    }

    func ask(_ name: String, _ type: RecordType) throws -> Message {
        let query = Message.query(
            id: 1,
            name: try DomainName(name),
            type: type,
            edns: EDNS(udpPayloadBytes: 4096)
        )
        let reply = try #require(server.serve(query.encoded(), overTCP: true))
        return try Message(decoding: reply)
    }

    /// The answer's records in short: type, TTL, and for addresses what they are.
    func answers(_ name: String, _ type: RecordType) throws -> [String] {
        let reply = try ask(name, type)
        #expect(reply.responseCode == .noError, "\(name)")
        for record in reply.answer { #expect(record.owner == (try DomainName(name))) }
        return reply.answer.map(\.short)
    }
}

extension ResourceRecord {
    fileprivate var short: String {
        let what = IPAddress(rdata: rdata)?.description ?? "\(rdata.count) bytes"
        return "\(type) \(ttlSeconds) \(what)"
    }
}

@Suite("Names of prepared queries")
struct PreparedQueryAnswersTests {
    private func served() throws -> Served {
        let served = try Served()
        try served.register("web", on: "n1", tags: ["a"])
        try served.register("web", on: "n2", address: "10.0.1.5", tags: ["b"], .warning)
        try served.register("web", on: "n3", tags: ["a"], .critical)
        return served
    }

    @Test("a query's name answers as its service does, under each domain and datacenter")
    func records() throws {
        let served = try served()
        try served.prepare("My-Web", ttl: "30s", .init(service: "web"))
        for name in [
            "my-web.query.consul", "MY-web.query.dc1.consul", "my-web.query.alt.example",
            "_my-web._tcp.query.consul", "_My-Web._anything.query.dc1.consul",
            "id-of-My-Web.query.consul",
        ] {
            #expect(
                try Set(served.answers(name, .a)) == ["A 30 10.0.0.1", "A 30 10.0.1.5"],
                "\(name)"
            )
        }
        let text = try served.ask("my-web.query.consul", .txt).answer
        #expect(text.map(\.rdata) == [RData.txt(["v=2"])] && text[0].ttlSeconds == 30)
        #expect(try served.answers("my-web.query.consul", .any).count == 2)
        let reply = try served.ask("my-web.query.alt.example", .srv)
        #expect(reply.header.isAuthoritative)
        let targets = try reply.answer.map { record in
            var reader = MessageReader(record.rdata, offset: 6)
            return try reader.readName().description.lowercased()
        }
        #expect(
            Set(targets) == ["n1.node.dc1.alt.example.", "0a000105.addr.dc1.alt.example."]
        )
        #expect(Set(reply.answer.map { $0.rdata[3] }) == [7, 3])
        let glue = Set(reply.additional.filter { $0.type == .a }.map(\.short))
        #expect(glue == ["A 30 10.0.0.1", "A 30 10.0.1.5"])
        let note = try served.ask("my-web.query.consul", .a).edns?.extendedErrors.first
        #expect(note?.extraText == "1/3 unhealthy")
    }

    @Test("without a TTL of its own a query has its service's, and never 0")
    func times() throws {
        let served = try served()
        try served.register("api", on: "n1")
        try served.prepare("a", .init(service: "api"))
        try served.prepare("b", ttl: "0s", .init(service: "api"))
        try served.prepare("c", ttl: "1500ms", .init(service: "api"))
        try served.prepare("d", ttl: "2000000h", .init(service: "api"))
        for (name, seconds) in [("a", 9), ("b", 1), ("c", 1), ("d", 2_147_483_647)] {
            #expect(try served.answers("\(name).query.consul", .a) == ["A \(seconds) 10.0.0.1"])
        }
    }

    @Test(
        "a known query without instances, or without the type, is NODATA; an unknown one NXDOMAIN"
    )
    func negative() throws {
        let served = try served()
        try served.prepare("none", .init(service: "nothing"))
        try served.prepare("down", .init(service: "web", onlyPassing: true, tags: ["b"]))
        try served.prepare("web", .init(service: "web"))
        try served.prepare("mesh", .init(service: "web", connect: true))
        for (name, type) in [
            ("none.query.consul", RecordType.a), ("down.query.consul", .srv),
            ("web.query.consul", .aaaa), ("web.query.consul", .ds), ("mesh.query.consul", .a),
            ("query.consul", .a), ("query.dc1.consul", .txt), ("_tcp.query.consul", .srv),
        ] {
            let reply = try served.ask(name, type)
            #expect(reply.responseCode == .noError, "\(name)")
            #expect(reply.answer.isEmpty, "\(name)")
            #expect(reply.authority.map(\.owner) == [try DomainName("consul")], "\(name)")
            #expect(reply.authority.first?.ttlSeconds == 1)
        }
        for name in [
            "unknown.query.consul", "x.web.query.consul", "web.query.dc9.consul",
            "_web._tcp.x.query.consul", "_nope._tcp.query.consul", "a\\.b.query.consul",
        ] {
            let reply = try served.ask(name, .a)
            #expect(reply.responseCode == .nameError, "\(name)")
            #expect(reply.authority.map(\.owner) == [try DomainName("consul")], "\(name)")
        }
    }

    @Test("what has names below it exists: names with dots, and all beside a template")
    func emptyNonTerminals() throws {
        let served = try served()
        func code(_ name: String) throws -> ResponseCode? {
            try served.ask("\(name).query.consul", .a).responseCode
        }
        #expect(try code("_tcp") == .nameError)
        try served.prepare("a.b.c", .init(service: "web"))
        #expect(try code("a.b.c") == .noError)
        #expect(try served.answers("a.b.c.query.consul", .a).count == 2)
        #expect(try served.answers("_a.b.c._tcp.query.consul", .a).count == 2)
        for name in ["b.c", "c", "b.c._tcp", "c._udp", "_tcp"] {
            #expect(try code(name) == .noError, "\(name)")
        }
        for name in ["b", "a.b", "x.c", "x._tcp"] {
            #expect(try code(name) == .nameError, "\(name)")
        }
        try served.prepare("geo-", isTemplate: true, .init(service: "${name.suffix}"))
        #expect(try served.answers("geo-web.query.consul", .a).count == 2)
        #expect(try served.answers("GEO-WEB.query.consul", .a).count == 2)
        // `geo-x.b.query` would be the template's, so `b.query` exists.
        for name in ["b", "geo-nothing", "geo-x.b"] {
            #expect(try code(name) == .noError, "\(name)")
        }
        try served.change(.deletePreparedQuery(id: "id-of-geo-"))
        #expect(try code("b") == .nameError)
        #expect(try code("id-of-geo-") == .nameError)
    }

    @Test("a host name is followed as a service's is")
    func hostName() throws {
        let served = try served()
        try served.register("ext", on: "n1", address: "web.service.consul")
        try served.register("far", on: "n1", address: "www.example.net")
        try served.prepare("ext", .init(service: "ext"))
        try served.prepare("far", .init(service: "far"))
        let reply = try served.ask("ext.query.consul", .a)
        #expect(reply.answer.first?.type == .cname)
        #expect(Set(reply.answer.dropFirst().map(\.short)) == ["A 5 10.0.0.1", "A 5 10.0.1.5"])
        let far = try served.ask("far.query.consul", .aaaa)
        #expect(far.answer.map(\.type) == [.cname])
        #expect(far.responseCode == .noError)
    }

    @Test("the order goes by who asks only where the query says so, and the scope tells")
    func nearness() throws {
        let served = try served()
        try served.change(.checkStatus(CheckKey(node: "n3", id: "c-web-n3"), .passing, output: ""))
        try served.prepare("near", .init(service: "web", near: "_ip"))
        try served.prepare("agent", .init(service: "web", near: "_agent"))
        try served.prepare("any", .init(service: "web"))
        func reply(
            _ name: String,
            _ client: String,
            subnet: (String, Int)? = nil
        ) throws -> FallbackReply {
            served.fallback.answer(
                FallbackQuery(
                    name: try DomainName("\(name).query.consul"),
                    type: .a,
                    overTCP: false,
                    client: IPAddress(client),
                    clientSubnet: subnet.map {
                        ClientSubnet(IPAddress($0.0) ?? .v4(0), bits: $0.1)
                    }
                )
            )
        }
        func first(_ reply: FallbackReply) -> String? { reply.answer.first?.short }
        for _ in 0..<5 {
            #expect(first(try reply("near", "10.9.0.77")) == "A 5 10.9.0.1")
            #expect(first(try reply("near", "10.0.1.5")) == "A 5 10.0.1.5")
            #expect(first(try reply("agent", "10.9.0.77")) == "A 5 10.0.0.1")
        }
        let told = try reply("near", "10.0.0.1", subnet: ("10.9.0.0", 24))
        #expect(first(told) == "A 5 10.9.0.1")
        #expect(told.scopePrefixLength == 24)
        #expect(try reply("near", "10.0.0.1").scopePrefixLength == nil)
        #expect(try reply("any", "10.0.0.1", subnet: ("10.9.0.0", 24)).scopePrefixLength == nil)
        var seen: Set<String?> = []
        for _ in 0..<60 {
            seen.insert(first(try reply("near", "10.9.0.1", subnet: ("0.0.0.0", 0))))
        }
        #expect(seen.count == 3)
    }

    @Test("what access rules hide is not in the answer")
    func hidden() throws {
        let served = try Served(
            visibility: NameVisibility(
                showsService: { $0 != "secret" },
                showsNode: { $0 != "n2" }
            )
        )
        for node in ["n1", "n2"] {
            try served.register("web", on: node)
            try served.register("secret", on: node)
        }
        try served.prepare("web", .init(service: "web"))
        try served.prepare("secret", .init(service: "secret"))
        #expect(try served.answers("web.query.consul", .a) == ["A 5 10.0.0.1"])
        #expect(try served.answers("secret.query.consul", .a).isEmpty)
        #expect(try served.ask("unknown.query.consul", .a).responseCode == .nameError)
    }
}
