import Testing

@testable import ServiceCatalog

@Suite("Replacing a whole catalog")
struct CatalogReplaceTests {
    private func filled() throws -> Catalog {
        var catalog = try Catalog.withNode()
        try catalog.apply(Registrations.web("w1", address: "10.3.0.1"))
        try catalog.apply(Registrations.check("c1", of: "w1"))
        try catalog.apply(.createSession(Session(id: "s1", node: "n1", serviceChecks: ["c1"])))
        let lock = KeyValueWrite(key: "lock", value: [1])
        try catalog.apply(.keyValue(.acquire(lock, session: "s1")))
        try catalog.apply(.keyValue(.set(KeyValueWrite(key: "k", value: [2]))))
        let service = PreparedQuery.Service(service: "web")
        try catalog.apply(.setPreparedQuery(PreparedQuery(id: "q1", name: "q", service: service)))
        try catalog.apply(.setAccessPolicy(AccessPolicy(id: "p1", name: "p")))
        try catalog.apply(.setAccessToken(AccessToken(accessorID: "t1", secretID: "secret")))
        return catalog
    }

    /// Contents without the indexes at which they were written.
    private func timeless(_ catalog: Catalog) -> CatalogContents {
        var contents = catalog.contents
        func clear<Item>(
            _ items: inout [Item],
            _ indexes: [WritableKeyPath<Item, CatalogIndex>]
        ) {
            for position in items.indices {
                for index in indexes { items[position][keyPath: index] = 0 }
            }
        }
        clear(&contents.nodes, [\.createIndex, \.modifyIndex])
        clear(&contents.instances, [\.createIndex, \.modifyIndex])
        clear(&contents.checks, [\.createIndex, \.modifyIndex])
        clear(&contents.entries, [\.createIndex, \.modifyIndex])
        clear(&contents.sessions, [\.createIndex, \.modifyIndex])
        clear(&contents.preparedQueries, [\.createIndex, \.modifyIndex])
        clear(&contents.accessPolicies, [\.createIndex, \.modifyIndex])
        clear(&contents.accessTokens, [\.createIndex, \.modifyIndex])
        return contents
    }

    @Test("an empty catalog gets all of it")
    func intoEmpty() throws {
        let source = try filled()
        var copy = Catalog(datacenter: "dc1")
        _ = try copy.apply(.replaceAll(source.contents), at: 500)
        #expect(timeless(copy) == timeless(source))
        #expect(copy.entry("lock")?.session == "s1" && copy.entry("lock")?.lockIndex == 1)
        #expect(copy.accessToken(secretID: "secret") != nil)
        #expect(copy.preparedQuery(name: "Q") != nil)
        try copy.apply(.endSession(id: "s1", onlyIf: nil))
        #expect(copy.entry("lock")?.session == nil)
    }

    @Test("the same again changes nothing")
    func same() throws {
        var catalog = try filled()
        #expect(try catalog.apply(.replaceAll(catalog.contents)).isEmpty)
    }

    @Test("what came later goes, what was lost comes back, and no index moves backwards")
    func backInTime() throws {
        var catalog = try filled()
        let saved = catalog
        try catalog.apply(.register(Registration(node: Registrations.node("n2"))))
        try catalog.apply(Registrations.web("w9", on: "n2"))
        try catalog.apply(.checkStatus(CheckKey(node: "n1", id: "c1"), .critical, output: "x"))
        try catalog.apply(.keyValue(.set(KeyValueWrite(key: "k", value: [9]))))
        try catalog.apply(.keyValue(.set(KeyValueWrite(key: "later", value: []))))
        try catalog.apply(.deletePreparedQuery(id: "q1"))
        try catalog.apply(.setAccessPolicy(AccessPolicy(id: "p2", name: "p2")))
        let delta = try catalog.apply(.replaceAll(saved.contents))
        #expect(timeless(catalog) == timeless(saved))
        #expect(catalog.entry("k")?.modifyIndex == catalog.index)
        #expect(catalog.index(of: .key("later")) == catalog.index)
        #expect(delta.lockDelays.isEmpty)
        #expect(catalog.serviceIndex("web") == catalog.index)
    }
}
