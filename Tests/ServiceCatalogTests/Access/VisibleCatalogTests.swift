import Testing

@testable import ServiceCatalog

@Suite("The catalog as a token sees it")
struct VisibleCatalogTests {
    private func catalog() throws -> Catalog {
        var catalog = try Catalog.withNode()
        let second = Registration(node: Registrations.node("n2", address: "10.0.0.2"))
        try catalog.apply(.register(second))
        try catalog.apply(Registrations.web("w1", tags: ["a"]))
        try catalog.apply(Registrations.web("w2", on: "n2"))
        try catalog.apply(Registrations.web("d1", service: "db"))
        try catalog.apply(Registrations.check("alive"))
        try catalog.apply(Registrations.check("c1", of: "w1"))
        try catalog.apply(Registrations.check("c2", of: "d1"))
        return catalog
    }

    private func visible(_ catalog: borrowing Catalog, _ rules: String) throws -> VisibleCatalog {
        let rules = try AccessRules(parsing: rules)
        return VisibleCatalog(
            catalog,
            for: Authorizer(accessorID: "a", rules: rules, allowsByDefault: false)
        )
    }

    @Test("management sees everything and is told that nothing is hidden")
    func everything() throws {
        var all = VisibleCatalog(try catalog(), for: .unrestricted)
        #expect(all.serviceNames == ["db", "web"])
        #expect(all.nodes.count == 2)
        #expect(all.checks.count == 3)
        #expect(!all.hidesSomething)
    }

    @Test("nothing is there for a token without rules, and it is noted")
    func nothing() throws {
        let catalog = try catalog()
        var none = try visible(catalog, "")
        #expect(none.serviceNames.isEmpty && none.nodes.isEmpty && none.checks.isEmpty)
        #expect(none.node("n1") == nil)
        #expect(none.instance(InstanceKey(node: "n1", id: "w1")) == nil)
        #expect(none.check(CheckKey(node: "n1", id: "c1")) == nil)
        #expect(none.instances(ofService: "web").isEmpty)
        #expect(none.instances(onNode: "n1").isEmpty)
        #expect(none.checks(onNode: "n1").isEmpty)
        #expect(none.checks(ofInstance: InstanceKey(node: "n1", id: "w1")).isEmpty)
        #expect(none.hidesSomething)
    }

    @Test("the instances of a service take its name and their node's")
    func instances() throws {
        let catalog = try catalog()
        var web = try visible(
            catalog,
            "service \"web\" { policy = \"read\" } node \"n2\" { policy = \"read\" }"
        )
        #expect(web.serviceNames == ["web"])
        #expect(web.instances(ofService: "web").map(\.id) == ["w2"])
        #expect(web.instances(onNode: "n1").map(\.id) == ["w1"])
        #expect(web.nodes.map(\.name) == ["n2"])
        #expect(web.checks.isEmpty)
        var node = try visible(
            catalog,
            "service \"web\" { policy = \"read\" } node \"n1\" { policy = \"read\" }"
        )
        #expect(node.checks.map(\.id) == ["alive", "c1"])
        #expect(node.hidesSomething)
    }

    @Test("what does not exist is not hidden")
    func absent() throws {
        let catalog = try catalog()
        var none = try visible(catalog, "")
        #expect(none.instances(ofService: "nosuch").isEmpty)
        #expect(none.node("nosuch") == nil)
        #expect(!none.hidesSomething)
    }
}
