import Foundation
import GRDB
import Logging
import ServiceCatalog
import Testing

@testable import DurableStore

@Suite("Keys, sessions and the rest on disk")
struct KeyValueStoreTests {
    private let folder = CatalogStoreTests.Folder()

    private func set(_ key: String, _ value: [UInt8]) -> CatalogChange {
        .keyValue(.set(KeyValueWrite(key: key, value: value, flags: .max)))
    }

    private func load() throws -> (catalog: Catalog, position: UInt64) {
        let store = try CatalogStore(folder: folder.path)
        defer { try? store.close() }
        return try store.load(datacenter: "dc1", limits: CatalogLimits())
    }

    /// One of everything that is stored.
    private var everything: [CatalogChange] {
        let service = PreparedQuery.Service(service: "web", tags: ["!old"])
        return [
            .register(
                Registration(node: Node(name: "n1", address: "10.0.0.1", datacenter: "dc1"))
            ),
            .createSession(
                Session(id: "s1", node: "n1", behavior: .delete, ttlMilliseconds: 10_000)
            ),
            .keyValue(.acquire(KeyValueWrite(key: "lock", value: [0, 255]), session: "s1")),
            set("caf\u{E9}", [1]), set("cafe\u{301}", [2]), set("nul\u{0}a", [3]),
            set("nul\u{0}b", Array(repeating: 9, count: 1_000)), set("gone", []),
            .keyValue(.delete(key: "gone")),
            .setPreparedQuery(PreparedQuery(id: "q1", name: "q", session: "s1", service: service)),
            .setAccessPolicy(AccessPolicy(id: "p1", name: "p", rules: "key \"a\" {}")),
            .setAccessToken(AccessToken(accessorID: "t1", secretID: "secret", policyIDs: ["p1"])),
            .transaction([.keyValue(.change(.set(KeyValueWrite(key: "t", value: [1]))))]),
        ]
    }

    private func catalog(after changes: [CatalogChange]) -> Catalog {
        var catalog = Catalog(datacenter: "dc1")
        for (offset, change) in changes.enumerated() {
            _ = try? catalog.apply(change, at: UInt64(offset) + 1)
        }
        return catalog
    }

    @Test("all of it comes back, from the journal alone and from the rows alone")
    func roundTrip() throws {
        let changes = everything
        let expected = catalog(after: changes)
        #expect(expected.keyCount == 6 && expected.preparedQueryCount == 1)
        do {
            let store = try CatalogStore(folder: folder.path)
            try store.append(changes, at: 1)
            try store.close()
        }
        #expect(try load().catalog.contents == expected.contents)
        do {
            let store = try CatalogStore(folder: folder.path)
            let (catalog, position) = try store.load(datacenter: "dc1", limits: CatalogLimits())
            var rows = FoldedRows()
            var delta = CatalogDelta(index: position)
            var empty = Catalog(datacenter: "dc1")
            delta = try empty.apply(.replaceAll(catalog.contents), at: position)
            rows.add(delta)
            try store.fold(rows)
            try store.close()
        }
        let (copy, position) = try load()
        #expect(position == UInt64(changes.count))
        #expect(copy.entries.map(\.value) == expected.entries.map(\.value))
        #expect(
            copy.entries.map { Array($0.key.utf8) } == expected.entries.map { Array($0.key.utf8) }
        )
        #expect(copy.entry("lock")?.flags == 0 && copy.entry("t") != nil)
        #expect(copy.entry("lock")?.session == "s1")
        #expect(copy.sessions.map(\.behavior) == [.delete])
        #expect(copy.accessToken(secretID: "secret")?.policyIDs == ["p1"])
        #expect(copy.accessPolicies.map(\.rules) == ["key \"a\" {}"])
    }

    @Test("a crash at any commit leaves what was acknowledged, folded or not")
    func crashes() throws {
        let changes = everything + (0..<20).map { set("k\($0 % 5)", [UInt8($0)]) }
        for crash in [1, 5, 9, 13, 20, changes.count] {
            let folder = CatalogStoreTests.Folder()
            let done = Array(changes.prefix(crash))
            do {
                let store = try CatalogStore(folder: folder.path)
                var catalog = Catalog(datacenter: "dc1")
                var rows = FoldedRows()
                for (offset, change) in done.enumerated() {
                    let position = UInt64(offset) + 1
                    try store.append([change], at: position)
                    // Every third commit folds what came before it.
                    if offset % 3 == 2 {
                        try store.fold(rows)
                        // The crash may come before the journal is shortened.
                        if offset % 2 == 0 { _ = try store.forgetSome(upTo: rows.position) }
                        rows = FoldedRows()
                    }
                    if let delta = try? catalog.apply(change, at: position) { rows.add(delta) }
                }
                // No fold at the end, as after kill -9.
                try store.close()
            }
            let store = try CatalogStore(folder: folder.path)
            let (copy, position) = try store.load(datacenter: "dc1", limits: CatalogLimits())
            #expect(position == UInt64(crash))
            #expect(copy.contents == catalog(after: done).contents)
            try store.close()
        }
    }

    @Test("a file of format 1 is taken over, its journal included")
    func migration() throws {
        try FileManager.default.createDirectory(
            atPath: folder.path,
            withIntermediateDirectories: true
        )
        let old = try DatabaseQueue(path: folder.path + "/rollcall.sqlite")
        try old.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE journal (position INTEGER PRIMARY KEY, change BLOB NOT NULL);
                    CREATE TABLE nodes (name TEXT PRIMARY KEY, row BLOB NOT NULL) WITHOUT ROWID;
                    CREATE TABLE instances (
                      node TEXT NOT NULL, id TEXT NOT NULL, row BLOB NOT NULL,
                      PRIMARY KEY (node, id)) WITHOUT ROWID;
                    CREATE TABLE checks (
                      node TEXT NOT NULL, id TEXT NOT NULL, row BLOB NOT NULL,
                      PRIMARY KEY (node, id)) WITHOUT ROWID;
                    CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
                    PRAGMA user_version = 1;
                    INSERT INTO facts VALUES ('position', '7'), ('node-id', 'abc');
                    """
            )
            let node =
                #"{"id":"","name":"n1","address":"10.0.0.1","datacenter":"dc1","#
                + #""taggedAddresses":{},"meta":{},"createIndex":3,"modifyIndex":4}"#
            try db.execute(sql: "INSERT INTO nodes VALUES ('n1', ?)", arguments: [Data(node.utf8)])
            let change =
                #"{"register":{"_0":{"node":{"id":"","name":"n2","address":"10.0.0.2","#
                + #""datacenter":"dc1","taggedAddresses":{},"meta":{},"createIndex":0,"#
                + #""modifyIndex":0},"checks":[],"replacesChecks":false}}}"#
            try db.execute(
                sql: "INSERT INTO journal VALUES (8, ?)",
                arguments: [Data(change.utf8)]
            )
        }
        try old.close()
        let store = try CatalogStore(folder: folder.path)
        let (catalog, position) = try store.load(datacenter: "dc1", limits: CatalogLimits())
        #expect(position == 8)
        #expect(catalog.nodes.map(\.name) == ["n1", "n2"])
        #expect(catalog.node("n1")?.modifyIndex == 4)
        #expect(catalog.keyCount == 0)
        #expect(try store.fact("node-id") { "other" } == "abc")
        try store.close()
        let reopened = try DatabaseQueue(path: folder.path + "/rollcall.sqlite")
        #expect(try reopened.read { try Int.fetchOne($0, sql: "PRAGMA user_version") } == 4)
    }

    @Test("a file of a later format is refused")
    func laterFormat() throws {
        try FileManager.default.createDirectory(
            atPath: folder.path,
            withIntermediateDirectories: true
        )
        let file = try DatabaseQueue(path: folder.path + "/rollcall.sqlite")
        try file.write { try $0.execute(sql: "PRAGMA user_version = 5") }
        try file.close()
        let error = #expect(throws: CatalogStoreError.self) {
            _ = try CatalogStore(folder: folder.path)
        }
        #expect(error?.code == .unknownFormat)
    }

    @Test("many large values at once are stored, a bounded amount in each commit")
    func largeGroups() async throws {
        let store = try CatalogStore(folder: folder.path)
        let keeper = CatalogKeeper(Catalog(datacenter: "dc1"))
        let log = StandaloneLog(
            keeper: keeper,
            store: store,
            position: 0,
            logger: Logger(label: "test")
        )
        let value = [UInt8](repeating: 7, count: 512 << 10)
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<80 {
                let change = set("k\(number)", value)
                group.addTask { (try? await log.append(change)) != nil }
            }
            // All of them wait before the first commit.
            for _ in 0..<1_000 { await Task.yield() }
            async let running: Void = log.run()
            for await isDone in group { #expect(isDone) }
            log.stop()
            await running
        }
        #expect(log.metrics.changes == 80)
        #expect(keeper.read { $0.keyCount } == 80)
        try store.close()
        #expect(try load().catalog.keyCount == 80)
    }

    @Test("large values are folded before they fill the memory")
    func largeValues() {
        var rows = FoldedRows()
        var catalog = Catalog(datacenter: "dc1")
        let value = [UInt8](repeating: 1, count: 512 << 10)
        for number in 0..<32 {
            #expect(!rows.isFull)
            guard let delta = try? catalog.apply(set("k\(number)", value), at: UInt64(number) + 1)
            else { continue }
            rows.add(delta)
        }
        #expect(rows.isFull)
    }
}
