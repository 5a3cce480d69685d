import Testing

@testable import ServiceCatalog

@Suite("Prepared queries by name")
struct QueryExecutorTests {
    /// Datacenters with a number of instances each.
    private struct Others: OtherDatacenters {
        var counts: [(name: String, instances: Int)]

        var names: [String] { counts.map(\.name) }

        func execute(
            _ query: PreparedQuery,
            in datacenter: String,
            from source: QuerySource,
            wantsChecks: Bool
        ) -> QueryResult? {
            guard let known = counts.first(where: { $0.name == datacenter }), known.instances >= 0
            else { return nil }
            let endpoints = (0..<known.instances).map { number in
                QueryResult.Endpoint(
                    node: Node(name: "r", address: "10.5.5.5", datacenter: datacenter),
                    instance: ServiceInstance(node: "r", id: "r\(number)", service: "web"),
                    health: .passing,
                    checks: []
                )
            }
            return QueryResult(
                query: query,
                endpoints: endpoints,
                datacenter: datacenter,
                failovers: 0,
                unhealthyCount: 0,
                dependsOnAddress: false
            )
        }
    }

    private func keeper(
        _ failover: PreparedQuery.Failover,
        hasLocal: Bool = false
    ) throws
        -> CatalogKeeper
    {
        var catalog = try Catalog.withNode()
        if hasLocal { try catalog.apply(Registrations.web("local")) }
        try catalog.apply(
            .setPreparedQuery(
                PreparedQuery(
                    id: "q",
                    name: "q",
                    service: PreparedQuery.Service(service: "web", failover: failover)
                )
            )
        )
        return CatalogKeeper(catalog)
    }

    private func run(
        _ failover: PreparedQuery.Failover,
        _ others: [(name: String, instances: Int)],
        hasLocal: Bool = false
    ) throws -> QueryResult? {
        let executor = QueryExecutor(
            keeper: try keeper(failover, hasLocal: hasLocal),
            others: Others(counts: others)
        )
        return try executor.execute("Q", from: QuerySource(localNode: "n1"), wantsChecks: false) {
            _ in true
        }
    }

    @Test("other datacenters are asked in order, nearest first, each once, unknown ones never")
    func failover() throws {
        let failover = PreparedQuery.Failover(
            nearestN: 1,
            datacenters: ["dc9", "dc2", "dc4", "dc3"]
        )
        let others = [("dc2", 0), ("dc3", 2), ("dc4", -1)]
        let result = try #require(try run(failover, others))
        #expect(result.datacenter == "dc3")
        #expect(result.failovers == 3)
        #expect(result.endpoints.count == 2)
        let targets = PreparedQuery.Failover(targets: [.init(peer: "p"), .init(datacenter: "dc3")])
        #expect(try run(targets, others)?.failovers == 1)
        let nobody = try #require(try run(failover, [("dc2", 0)]))
        #expect(nobody.datacenter == "dc1" && nobody.failovers == 1)
        #expect(nobody.endpoints.isEmpty)
        let local = try #require(try run(failover, others, hasLocal: true))
        #expect(local.datacenter == "dc1" && local.failovers == 0)
        let alone = try #require(try run(failover, []))
        #expect(alone.failovers == 0 && alone.endpoints.isEmpty)
    }

    @Test("a query's own token decides about what it sees")
    func token() throws {
        var catalog = try Catalog.withNode()
        try catalog.apply(Registrations.web("w"))
        for (id, token) in [("open", ""), ("reader", "secret"), ("stranger", "gone")] {
            try catalog.apply(
                .setPreparedQuery(
                    PreparedQuery(
                        id: "i-\(id)",
                        name: id,
                        token: token,
                        service: PreparedQuery.Service(service: "web")
                    )
                )
            )
        }
        try catalog.apply(
            .setAccessToken(
                AccessToken(accessorID: "a", secretID: "secret", isManagement: true)
            )
        )
        let settings = AccessSettings(isEnabled: true)
        let executor = QueryExecutor(
            keeper: CatalogKeeper(catalog),
            access: AccessControl(settings, now: { 0 })
        )
        func count(_ name: String) throws -> Int? {
            try executor.execute(name, from: QuerySource(localNode: "n1"), wantsChecks: false) {
                _ in false
            }?.endpoints.count
        }
        #expect(try count("open") == 0)
        #expect(try count("reader") == 1)
        #expect(try count("stranger") == 0)
        #expect(try count("nosuch") == nil)
    }
}
