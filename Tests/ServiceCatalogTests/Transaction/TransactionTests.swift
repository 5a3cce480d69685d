import DNSWire
import Testing

@testable import ServiceCatalog

@Suite("Transactions")
struct TransactionTests {
    private func set(_ key: String, _ value: String = "v") -> TransactionOperation {
        .keyValue(.change(.set(KeyValueWrite(key: key, value: Array(value.utf8)))))
    }

    private func catalog() throws -> Catalog {
        var catalog = try Catalog.withNode()
        try catalog.apply(Registrations.check("serfHealth"))
        try catalog.apply(Registrations.web("w1", address: "10.3.0.1", tags: ["a"]))
        try catalog.apply(Registrations.check("c1", of: "w1"))
        try catalog.apply(.createSession(Session(id: "s1", node: "n1", nodeChecks: ["serfHealth"])))
        let write = KeyValueWrite(key: "lock", value: [])
        try catalog.apply(.keyValue(.acquire(write, session: "s1")))
        try catalog.apply(.keyValue(.set(KeyValueWrite(key: "k", value: [1]))))
        return catalog
    }

    /// What an observer can tell of a catalog.
    private func observation(_ catalog: Catalog) -> [String] {
        var lines = ["\(catalog.contents)", "\(catalog.index)", "\(catalog.instanceCount)"]
        lines.append("\(catalog.checkCount) \(catalog.sessionCount) \(catalog.keyCount)")
        for name in catalog.serviceNames { lines.append("\(name) \(catalog.serviceIndex(name))") }
        for node in catalog.nodes {
            lines.append("\(node.name) \(catalog.nodeIndex(node.name))")
            lines.append("\(catalog.node(id: node.id)?.name ?? "-")")
        }
        for address in catalog.addresses.map(\.description).sorted() { lines.append(address) }
        for prefix in ["", "k", "lock", "x"] {
            lines.append("\(catalog.index(of: .keyPrefix(prefix)))")
        }
        return lines
    }

    @Test("operations see what those before them did, and tell it")
    func results() throws {
        var catalog = try catalog()
        let delta = try catalog.apply(
            .transaction([
                set("x/1", "one"),
                .keyValue(.get(key: "x/1")),
                .keyValue(.change(.delete(key: "k"))),
                .keyValue(.checkNotExists(key: "k")),
                .keyValue(.getOrEmpty(key: "k")),
                .keyValue(.getTree(prefix: "x/")),
                .keyValue(.checkSession(key: "lock", session: "s1")),
                .service(.get, ServiceInstance(node: "n1", id: "w1", service: "")),
            ])
        )
        let one = try #require(catalog.entry("x/1"))
        let lock = try #require(catalog.entry("lock"))
        let web = try #require(catalog.instance(InstanceKey(node: "n1", id: "w1")))
        #expect(
            delta.results == [
                .keyValue(one, showsValue: false), .keyValue(one, showsValue: true),
                .keyValue(KeyValueEntry(key: "k"), showsValue: true),
                .keyValue(one, showsValue: true), .keyValue(lock, showsValue: false),
                .service(web),
            ]
        )
        #expect(one.modifyIndex == catalog.index)
    }

    @Test("one failure, and nothing was done; all failures are told")
    func nothingDone() throws {
        var catalog = try catalog()
        let before = observation(catalog)
        var node = Registrations.node("n2", address: "10.9.0.9")
        node.id = "11111111-2222-3333-4444-555555555555"
        var old = Registrations.node("n1", address: "10.9.0.1")
        old.id = "99999999-2222-3333-4444-555555555555"
        let check = HealthCheck(node: "n1", id: "serfHealth", name: "", status: .critical)
        var stale = ServiceInstance(node: "n1", id: "w1", service: "web")
        stale.modifyIndex = 1
        #expect(
            throws: CatalogRejection.transactionFailed([
                TransactionFailure(operation: 5, message: "key \"nope\" doesn't exist"),
                TransactionFailure(
                    operation: 7,
                    message: "failed to set service \"w1\" on node \"n1\", index is stale"
                ),
            ])
        ) {
            try catalog.apply(
                .transaction([
                    set("x"), set("k", "changed"), .node(.set, node), .node(.set, old),
                    .service(
                        .set,
                        ServiceInstance(node: "n2", id: "d1", service: "db", address: "10.3.0.9")
                    ),
                    .keyValue(.get(key: "nope")), .check(.set, check),
                    .service(.compareAndSet, stale),
                    .service(.set, ServiceInstance(node: "n1", id: "w1", service: "other")),
                    .keyValue(.change(.deleteTree(prefix: ""))),
                    .node(.delete, Registrations.node("n1")),
                    .endSession(id: "s1"),
                ])
            )
        }
        #expect(observation(catalog) == before)
        #expect(catalog.keys.keys(heldBy: "s1") == ["lock"])
        // And it is as usable as before.
        try catalog.apply(Registrations.web("w2", address: "10.3.0.1"))
        try catalog.apply(.deregisterNode("n1"))
        #expect(catalog.addresses.isEmpty)
    }

    @Test("nodes, services and checks: set, compare and delete")
    func records() throws {
        var catalog = try catalog()
        var web = try #require(catalog.instance(InstanceKey(node: "n1", id: "w1")))
        web.port = 8080
        let fresh = ServiceInstance(node: "n1", id: "w9", service: "web")
        try catalog.apply(
            .transaction([
                .service(.compareAndSet, web), .service(.compareAndSet, fresh),
                .check(.delete, HealthCheck(node: "n1", id: "c1", name: "")),
                .node(.get, Node(name: "N1", address: "", datacenter: "")),
            ])
        )
        #expect(catalog.instance(web.key)?.port == 8080)
        #expect(catalog.instances(ofService: "web").count == 2)
        #expect(catalog.check(CheckKey(node: "n1", id: "c1")) == nil)
        var stale = fresh
        stale.modifyIndex = 1
        #expect(throws: CatalogRejection.self) {
            try catalog.apply(.transaction([.service(.compareAndDelete, stale)]))
        }
        let known = try #require(catalog.instance(fresh.key))
        try catalog.apply(.transaction([.service(.compareAndDelete, known)]))
        try catalog.apply(.transaction([.node(.delete, Registrations.node("n1"))]))
        #expect(catalog.nodeCount == 0 && catalog.sessionCount == 0)
    }

    @Test("too many operations are refused")
    func tooMany() throws {
        var catalog = try catalog()
        #expect(
            throws: CatalogRejection.limitReached(what: "operations of a transaction", limit: 128)
        ) {
            try catalog.apply(.transaction((0...128).map { set("k\($0)") }))
        }
    }

    @Test("a transaction that only reads needs no place in the order")
    func reads() throws {
        let catalog = try catalog()
        #expect(try catalog.read([.keyValue(.get(key: "k"))]).count == 1)
        #expect(throws: CatalogRejection.self) { try catalog.read([set("k")]) }
        #expect(throws: CatalogRejection.self) { try catalog.read([.keyValue(.get(key: "z"))]) }
        #expect(
            throws: CatalogRejection.transactionFailed([
                TransactionFailure(
                    operation: 0,
                    message: "failed index check for key \"k\", current modify index"
                        + " \(catalog.entry("k")?.modifyIndex ?? 0) != 1"
                )
            ])
        ) { try catalog.read([.keyValue(.checkIndex(key: "k", index: 1))]) }
    }
}
