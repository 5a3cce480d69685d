import DNSWire
import Testing

@testable import ServiceCatalog

@Suite("Execution of prepared queries")
struct QueryExecutionTests {
    /// A small random generator with a seed, so that a failure repeats.
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    private static func run(
        _ service: PreparedQuery.Service,
        in catalog: Catalog,
        source: QuerySource = QuerySource(localNode: "n1"),
        isVisible: (ServiceInstance) -> Bool = { _ in true }
    ) -> QueryResult {
        var random = Seeded(state: 7)
        let execution = QueryExecution(
            query: PreparedQuery(id: "q", name: "q", service: service),
            source: source,
            wantsChecks: true
        )
        return execution.run(in: catalog, using: &random, isVisible: isVisible)
    }

    private static func ids(_ result: QueryResult) -> [String] {
        result.endpoints.map(\.instance.id)
    }

    @Test("the result is what a filter by the words of the query leaves")
    func property() throws {
        var random = Seeded(state: 20_261_123)
        for _ in 0..<60 {
            var catalog = Catalog(datacenter: "dc1")
            let tags = ["a", "B", "c"]
            for node in 0..<4 {
                var new = Registrations.node("n\(node)", address: "10.0.\(node).1")
                new.meta = ["rack": "\(Int.random(in: 0...1, using: &random))"]
                try catalog.apply(.register(Registration(node: new)))
                for number in 0..<Int.random(in: 0...4, using: &random) {
                    let id = "n\(node)-\(number)"
                    let instance = ServiceInstance(
                        node: "n\(node)",
                        id: id,
                        service: Bool.random(using: &random) ? "web" : "WEB",
                        tags: tags.filter { _ in Bool.random(using: &random) },
                        port: 80,
                        meta: ["v": "\(Int.random(in: 0...1, using: &random))"]
                    )
                    try catalog.apply(.register(Registration(instance: instance)))
                    for check in 0..<Int.random(in: 0...2, using: &random) {
                        let status = HealthStatus.allCases.randomElement(using: &random)
                        try catalog.apply(
                            Registrations.check(
                                "c\(check)-\(id)",
                                of: id,
                                on: "n\(node)",
                                status ?? .passing
                            )
                        )
                    }
                }
                if Int.random(in: 0...4, using: &random) == 0 {
                    try catalog.apply(Registrations.check("node", on: "n\(node)", .critical))
                }
            }
            for _ in 0..<20 {
                var service = PreparedQuery.Service(service: "web")
                service.onlyPassing = Bool.random(using: &random)
                service.tags = ["A", "!b", "C", "!c"].filter { _ in
                    Int.random(in: 0...3, using: &random) == 0
                }
                if Bool.random(using: &random) { service.nodeMeta = ["rack": "1"] }
                if Bool.random(using: &random) { service.serviceMeta = ["v": "0"] }
                if Bool.random(using: &random) { service.ignoreCheckIDs = ["node", "c0-n1-0"] }
                let expected = Self.expected(service, catalog)
                let result = Self.run(service, in: catalog)
                #expect(Self.ids(result).sorted() == expected, "\(service)")
                for endpoint in result.endpoints {
                    #expect(endpoint.checks == catalog.decidingChecks(endpoint.instance.key))
                }
            }
        }
    }

    /// The same, as plainly as it can be said.
    private static func expected(_ service: PreparedQuery.Service, _ catalog: Catalog) -> [String] {
        var ids: [String] = []
        for node in catalog.nodes {
            for instance in catalog.instances(onNode: node.name)
            where instance.service.lowercased() == service.service {
                let tags = instance.tags.map { $0.lowercased() }
                let fits = service.tags.allSatisfy { tag in
                    tag.hasPrefix("!")
                        ? !tags.contains(tag.dropFirst().lowercased())
                        : tags.contains(tag.lowercased())
                }
                let bad = catalog.checks.filter { check in
                    check.node == node.name && ["", instance.id].contains(check.serviceID)
                        && !service.ignoreCheckIDs.contains(check.id)
                        && (check.status == .critical
                            || service.onlyPassing && check.status != .passing)
                }
                guard fits, bad.isEmpty,
                    service.nodeMeta.allSatisfy({ node.meta[$0.key] == $0.value }),
                    service.serviceMeta.allSatisfy({ instance.meta[$0.key] == $0.value })
                else { continue }
                ids.append(instance.id)
            }
        }
        return ids.sorted()
    }

    private func fleet() throws -> Catalog {
        var catalog = Catalog(datacenter: "dc1")
        for (name, address) in [
            ("n1", "10.1.1.1"), ("n2", "10.1.1.9"), ("n3", "10.1.2.1"), ("n4", "10.9.0.1"),
            ("n5", "192.168.0.1"), ("n6", "fd00::6"),
        ] {
            try catalog.apply(
                .register(Registration(node: Registrations.node(name, address: address)))
            )
            try catalog.apply(Registrations.web("w-\(name)", on: name))
        }
        return catalog
    }

    @Test("the same node comes first, then the networks that have most in common with it")
    func nearNode() throws {
        let catalog = try fleet()
        for near in ["n3", "N3"] {
            let service = PreparedQuery.Service(service: "web", near: near)
            let order = Self.ids(Self.run(service, in: catalog))
            #expect(order[0] == "w-n3")
            #expect(Set(order[1...2]) == ["w-n1", "w-n2"])
            #expect(order[3] == "w-n4")
        }
        let source = QuerySource(near: "_agent", localNode: "n4")
        let service = PreparedQuery.Service(service: "web", near: "n3")
        #expect(Self.ids(Self.run(service, in: catalog, source: source))[0] == "w-n4")
    }

    @Test("_ip goes by the address of who asks, exact before near")
    func nearAddress() throws {
        let catalog = try fleet()
        let service = PreparedQuery.Service(service: "web", near: "_ip")
        func order(_ address: String, bits: Int? = nil) -> [String] {
            let source = QuerySource(
                localNode: "n1",
                address: IPAddress(address),
                addressBits: bits
            )
            let result = Self.run(service, in: catalog, source: source)
            #expect(result.dependsOnAddress)
            return Self.ids(result)
        }
        #expect(order("10.1.1.9")[0] == "w-n2")
        #expect(Set(order("10.1.1.77")[0...1]) == ["w-n1", "w-n2"])
        #expect(order("10.1.2.77")[0] == "w-n3")
        #expect(Set(order("10.1.2.0", bits: 16)[0...2]) == ["w-n1", "w-n2", "w-n3"])
        #expect(order("192.168.77.1")[0] == "w-n5")
        #expect(order("fd00::77")[0] == "w-n6")
        #expect(Set(order("203.0.113.1")).count == 6)
    }

    @Test("without anything near, the order differs between runs, and the limit takes from all")
    func spread() throws {
        let catalog = try fleet()
        let query = PreparedQuery(id: "q", name: "q", service: .init(service: "web"))
        let source = QuerySource(localNode: "n1", limit: 2)
        let execution = QueryExecution(query: query, source: source, wantsChecks: false)
        var random = Seeded(state: 1)
        var seen: Set<String> = []
        for _ in 0..<100 {
            let result = execution.run(in: catalog, using: &random) { _ in true }
            #expect(result.endpoints.count == 2)
            seen.formUnion(Self.ids(result))
        }
        #expect(seen.count == 6)
    }

    @Test("what may not be seen, drains or needs a mesh is left out")
    func leftOut() throws {
        var catalog = try fleet()
        try catalog.apply(.drain(InstanceKey(node: "n1", id: "w-n1")))
        let service = PreparedQuery.Service(service: "web")
        let result = Self.run(service, in: catalog) { $0.node != "n2" }
        #expect(Self.ids(result).sorted() == ["w-n3", "w-n4", "w-n5", "w-n6"])
        #expect(result.unhealthyCount == 1)
        var mesh = service
        mesh.connect = true
        #expect(Self.run(mesh, in: catalog).endpoints.isEmpty)
        let connecting = QuerySource(localNode: "n1", connect: true)
        #expect(Self.run(service, in: catalog, source: connecting).endpoints.isEmpty)
    }
}
