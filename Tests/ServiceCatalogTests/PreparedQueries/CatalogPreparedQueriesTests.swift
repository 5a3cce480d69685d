import Testing

@testable import ServiceCatalog

@Suite("Prepared queries in the catalog")
struct CatalogPreparedQueriesTests {
    private static func query(
        _ id: String,
        _ name: String = "",
        isTemplate: Bool = false,
        session: String = ""
    ) -> PreparedQuery {
        PreparedQuery(
            id: id,
            name: name,
            session: session,
            template: isTemplate ? PreparedQuery.Template(type: "name_prefix_match") : nil,
            service: PreparedQuery.Service(service: "web")
        )
    }

    private func catalog(_ queries: PreparedQuery...) throws -> Catalog {
        var catalog = try Catalog.withNode()
        for query in queries { try catalog.apply(.setPreparedQuery(query)) }
        return catalog
    }

    @Test("a name asks for an id, else a name, else the template with the longest prefix")
    func lookUp() throws {
        let catalog = try catalog(
            Self.query("00000000-0000-0000-0000-00000000000A", "Geo-db"),
            Self.query("t1", "geo", isTemplate: true),
            Self.query("t2", "geo-DB-", isTemplate: true)
        )
        func id(_ name: String) throws -> String? {
            try catalog.preparedQuery(answering: name)?.id.suffix(2).lowercased()
        }
        #expect(try id("00000000-0000-0000-0000-00000000000a") == "0a")
        #expect(try id("GEO-db") == "0a")
        #expect(try id("geo-db-x") == "t2")
        #expect(try id("geo-d") == "t1")
        #expect(try id("geo") == "t1")
        #expect(try id("ge") == nil)
        #expect(try id("") == nil)
        #expect(throws: PreparedQueryError.templateAskedByID) { try id("t1") }
    }

    @Test("a template without a name answers every other name")
    func wholeTemplate() throws {
        var catalog = try catalog(Self.query("t", "", isTemplate: true), Self.query("a", "web"))
        #expect(try catalog.preparedQuery(answering: "anything")?.id == "t")
        #expect(try catalog.preparedQuery(answering: "web")?.id == "a")
        #expect(throws: CatalogRejection.preparedQueryNameTaken("")) {
            try catalog.apply(.setPreparedQuery(Self.query("u", "", isTemplate: true)))
        }
        try catalog.apply(.deletePreparedQuery(id: "t"))
        #expect(try catalog.preparedQuery(answering: "anything") == nil)
    }

    @Test("a name leads to one query only")
    func names() throws {
        var catalog = try catalog(Self.query("a", "web"), Self.query("b", "api", isTemplate: true))
        for (query, rejection) in [
            (Self.query("c", "WEB"), CatalogRejection.preparedQueryNameTaken("WEB")),
            (Self.query("c", "web", isTemplate: true), .preparedQueryNameTaken("web")),
            (Self.query("c", "api"), .preparedQueryNameTaken("api")),
            (Self.query("c", "A"), .preparedQueryNameIsID("A")),
        ] {
            #expect(throws: rejection) { try catalog.apply(.setPreparedQuery(query)) }
        }
        #expect(catalog.preparedQueryCount == 2)
        try catalog.apply(.setPreparedQuery(Self.query("a", "new")))
        try catalog.apply(.setPreparedQuery(Self.query("c", "web")))
        #expect(catalog.preparedQuery(name: "web")?.id == "c")
        #expect(catalog.preparedQuery(name: "new")?.id == "a")
    }

    @Test("indexes grow with changes and only with them")
    func indexes() throws {
        var catalog = try catalog(Self.query("a", "web"))
        let first = catalog.preparedQueriesIndex
        #expect(catalog.preparedQuery(id: "a")?.createIndex == first)
        try catalog.apply(.setPreparedQuery(Self.query("a", "web")))
        #expect(catalog.preparedQueriesIndex == first)
        let delta = try catalog.apply(.setPreparedQuery(Self.query("a", "web2")))
        #expect(WatchTopic.touched(by: delta) == [.preparedQueries])
        let changed = try #require(catalog.preparedQuery(id: "a"))
        #expect(changed.createIndex == first)
        #expect(changed.modifyIndex == catalog.preparedQueriesIndex)
        #expect(throws: CatalogRejection.unknownPreparedQuery("x")) {
            try catalog.apply(.deletePreparedQuery(id: "x"))
        }
    }

    @Test("the ends of names are known as long as there are such names, or any template")
    func ends() throws {
        var catalog = try catalog(Self.query("a", "x.Y.z"), Self.query("b", "w.z"))
        #expect(catalog.mayHavePreparedQuery(endingIn: "y.Z"))
        #expect(catalog.mayHavePreparedQuery(endingIn: "z"))
        #expect(!catalog.mayHavePreparedQuery(endingIn: "x.y.z"))
        #expect(!catalog.mayHavePreparedQuery(endingIn: "y"))
        try catalog.apply(.deletePreparedQuery(id: "a"))
        #expect(!catalog.mayHavePreparedQuery(endingIn: "y.z"))
        #expect(catalog.mayHavePreparedQuery(endingIn: "z"))
        try catalog.apply(.deletePreparedQuery(id: "b"))
        #expect(!catalog.mayHavePreparedQuery(endingIn: "z"))
        try catalog.apply(.setPreparedQuery(Self.query("t", "g", isTemplate: true)))
        #expect(catalog.mayHavePreparedQuery(endingIn: "z"))
    }

    @Test("a query bound to a session needs one, and ends with it")
    func session() throws {
        var catalog = try catalog(Self.query("a", "web"))
        #expect(throws: CatalogRejection.invalidSession("S")) {
            try catalog.apply(.setPreparedQuery(Self.query("b", "bound", session: "S")))
        }
        try catalog.apply(.createSession(Session(id: "s", node: "n1")))
        try catalog.apply(.setPreparedQuery(Self.query("b", "bound", session: "S")))
        try catalog.apply(.setPreparedQuery(Self.query("c", session: "s")))
        let delta = try catalog.apply(.endSession(id: "s", onlyIf: nil))
        #expect(delta.changesPreparedQueries)
        #expect(catalog.preparedQueries.map(\.id) == ["a"])
        #expect(catalog.preparedQuery(name: "bound") == nil)
    }
}
