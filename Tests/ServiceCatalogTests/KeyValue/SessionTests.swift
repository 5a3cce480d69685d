import Synchronization
import Testing

@testable import ServiceCatalog

@Suite("Sessions")
struct SessionTests {
    private func catalog(_ session: Session, holding keys: [String] = []) throws -> Catalog {
        var catalog = try Catalog.withNode()
        try catalog.apply(Registrations.check("serfHealth"))
        try catalog.apply(Registrations.web("w1"))
        try catalog.apply(Registrations.check("c1", of: "w1"))
        try catalog.apply(.createSession(session))
        for key in keys {
            let write = KeyValueWrite(key: key, value: [1])
            try catalog.apply(.keyValue(.acquire(write, session: session.id)))
        }
        return catalog
    }

    @Test("a session needs its node, and checks that are there and not critical")
    func creation() throws {
        var catalog = try catalog(Session(id: "s1", node: "N1", nodeChecks: ["serfHealth"]))
        #expect(catalog.session("S1")?.node == "n1")
        #expect(catalog.sessions(onNode: "N1").map(\.id) == ["s1"])
        #expect(throws: CatalogRejection.unknownNode("n9")) {
            try catalog.apply(.createSession(Session(id: "s2", node: "n9")))
        }
        let missing = CheckKey(node: "n1", id: "nope")
        #expect(throws: CatalogRejection.unknownCheck(missing)) {
            try catalog.apply(.createSession(Session(id: "s2", node: "n1", nodeChecks: ["nope"])))
        }
        let critical = CheckKey(node: "n1", id: "c1")
        try catalog.apply(.checkStatus(critical, .critical, output: ""))
        #expect(throws: CatalogRejection.checkIsCritical(critical)) {
            try catalog.apply(.createSession(Session(id: "s2", node: "n1", serviceChecks: ["c1"])))
        }
    }

    @Test(
        "it ends with its node, with a check that is critical or gone, and with its service",
        arguments: [
            CatalogChange.deregisterNode("n1"),
            .deregisterCheck(CheckKey(node: "n1", id: "c1")),
            .checkStatus(CheckKey(node: "n1", id: "c1"), .critical, output: "down"),
            .deregisterInstance(InstanceKey(node: "n1", id: "w1"), onlyIf: nil),
            .endSession(id: "S1", onlyIf: nil),
        ]
    )
    func ends(change: CatalogChange) throws {
        var catalog = try catalog(
            Session(id: "s1", node: "n1", nodeChecks: ["serfHealth"], serviceChecks: ["c1"]),
            holding: ["a", "b"]
        )
        let delta = try catalog.apply(change)
        #expect(catalog.sessionCount == 0)
        #expect(catalog.entries.map(\.session) == [nil, nil])
        #expect(catalog.entries.map(\.modifyIndex) == [catalog.index, catalog.index])
        #expect(delta.lockDelays.map(\.key) == ["a", "b"])
        #expect(delta.lockDelays.map(\.milliseconds) == [15_000, 15_000])
        #expect(catalog.sessionsByCheck.isEmpty && catalog.sessionsByNode.isEmpty)
    }

    @Test("a check that only warns ends no session")
    func warning() throws {
        var catalog = try catalog(Session(id: "s1", node: "n1", serviceChecks: ["c1"]))
        try catalog.apply(.checkStatus(CheckKey(node: "n1", id: "c1"), .warning, output: ""))
        #expect(catalog.sessionCount == 1)
    }

    @Test("with behaviour delete the keys go, others stay")
    func deleteBehavior() throws {
        var catalog = try catalog(
            Session(id: "s1", node: "n1", lockDelayMilliseconds: 0, behavior: .delete),
            holding: ["a", "b"]
        )
        try catalog.apply(.keyValue(.set(KeyValueWrite(key: "c", value: []))))
        let delta = try catalog.apply(.endSession(id: "s1", onlyIf: nil))
        #expect(catalog.entries.map(\.key) == ["c"])
        #expect(delta.lockDelays.isEmpty)
        #expect(catalog.index(of: .key("a")) == catalog.index)
    }

    @Test("a late end does not touch another session, and ending an unknown one does nothing")
    func lateEnd() throws {
        var catalog = try catalog(Session(id: "s1", node: "n1"))
        #expect(throws: CatalogRejection.conditionFailed) {
            try catalog.apply(.endSession(id: "s1", onlyIf: 1))
        }
        #expect(try catalog.apply(.endSession(id: "nope", onlyIf: nil)).isEmpty)
        let index = try #require(catalog.session("s1")?.createIndex)
        try catalog.apply(.endSession(id: "s1", onlyIf: index))
        #expect(catalog.sessionCount == 0)
    }

    @Test("a prepared query ends with its session")
    func preparedQuery() throws {
        var catalog = try catalog(Session(id: "s1", node: "n1"))
        let service = PreparedQuery.Service(service: "web")
        let query = PreparedQuery(id: "q1", name: "q", session: "s1", service: service)
        try catalog.apply(.setPreparedQuery(query))
        let orphan = PreparedQuery(id: "q2", session: "s9", service: service)
        #expect(throws: CatalogRejection.invalidSession("s9")) {
            try catalog.apply(.setPreparedQuery(orphan))
        }
        try catalog.apply(.endSession(id: "s1", onlyIf: nil))
        #expect(catalog.preparedQueryCount == 0)
        #expect(catalog.preparedQuery(name: "q") == nil)
    }

    @Test("locks of an ended session are kept back for its delay")
    func lockDelays() throws {
        let now = Mutex(ContinuousClock.now)
        let keeper = CatalogKeeper(
            try catalog(
                Session(id: "s1", node: "n1", lockDelayMilliseconds: 5_000),
                holding: ["a"]
            )
        )
        let delays = LockDelays(keeper) { now.withLock { $0 } }
        #expect(!delays.isDelayed("a"))
        _ = keeper.apply([.endSession(id: "s1", onlyIf: nil)], from: 100)
        #expect(delays.isDelayed("a"))
        #expect(!delays.isDelayed("b"))
        now.withLock { $0 = $0 + .seconds(5) }
        #expect(!delays.isDelayed("a"))
    }

    @Test("a released lock has no delay")
    func noDelay() throws {
        let keeper = CatalogKeeper(try catalog(Session(id: "s1", node: "n1"), holding: ["a"]))
        let delays = LockDelays(keeper)
        let write = KeyValueWrite(key: "a", value: [])
        _ = keeper.apply(
            [.keyValue(.release(write, session: "s1")), .endSession(id: "s1", onlyIf: nil)],
            from: 100
        )
        #expect(!delays.isDelayed("a"))
    }
}
