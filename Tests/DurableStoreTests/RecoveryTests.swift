import Foundation
import GRDB
import Logging
import ServiceCatalog
import TestSupport
import Testing

@testable import DurableStore

@Suite("Recovery")
struct RecoveryTests {
    private let folder = CatalogStoreTests.Folder()

    private func node(_ number: Int, address: String = "10.0.0.1") -> CatalogChange {
        .register(
            Registration(node: Node(name: "n\(number)", address: address, datacenter: "dc1"))
        )
    }

    private func load() throws -> (catalog: Catalog, position: UInt64) {
        let store = try CatalogStore(folder: folder.path)
        defer { try? store.close() }
        return try store.load(datacenter: "dc1", limits: CatalogLimits())
    }

    /// Starts on the folder, appends `changes` and stops as a server does.
    @discardableResult
    private func run(
        _ changes: [CatalogChange]
    ) async throws -> [Result<CatalogWrite, CatalogLogError>] {
        let store = try CatalogStore(folder: folder.path)
        let (catalog, position) = try store.load(datacenter: "dc1", limits: CatalogLimits())
        let log = StandaloneLog(
            keeper: CatalogKeeper(catalog),
            store: store,
            position: position,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        async let running: Void = log.run()
        let results = await log.append(contentsOf: changes)
        log.stop()
        await running
        try store.close()
        return results
    }

    private func openFile(_ name: String) throws -> DatabaseQueue {
        try DatabaseQueue(path: folder.path + "/" + name)
    }

    /// Makes the file that a server of format 2 left behind: rows and a journal in JSON.
    private func makeFormat2() throws {
        try FileManager.default.createDirectory(
            atPath: folder.path,
            withIntermediateDirectories: true
        )
        let script = try String(
            contentsOf: Fixtures.url("store/format-2.sql"),
            encoding: .utf8
        )
        let file = try openFile("rollcall.sqlite")
        try file.writeWithoutTransaction { try $0.execute(sql: script) }
        try file.close()
    }

    private func format2Contents() throws -> CatalogContents {
        try JSONDecoder().decode(
            CatalogContents.self,
            from: try Data(contentsOf: Fixtures.url("store/format-2.contents.json"))
        )
    }

    @Test("a file of format 2 has what it had, and keeps it when it is written to and folded")
    func format2() async throws {
        try makeFormat2()
        #expect(try load().catalog.contents == format2Contents())
        #expect(try load().position == 30)
        // A crash before the first fold: both journals are read.
        do {
            let store = try CatalogStore(folder: folder.path)
            try store.append([node(7)], at: 31)
            try store.close()
        }
        #expect(try load().position == 31)
        // Then rows in both forms.
        try await run([node(8)])
        let (catalog, position) = try load()
        #expect(position == 32)
        var expected = Catalog(datacenter: "dc1")
        expected.restore(try format2Contents(), index: 30)
        _ = try expected.apply(node(7), at: 31)
        _ = try expected.apply(node(8), at: 32)
        #expect(catalog.contents == expected.contents)
        let file = try openFile("rollcall.sqlite")
        #expect(try await file.read { try !$0.tableExists("journal") })
    }

    @Test("what was replayed after a crash is still there after the next stop")
    func foldAfterCrash() async throws {
        do {
            let store = try CatalogStore(folder: folder.path)
            try store.append([node(1), node(2)], at: 1)
            try store.close()
        }
        try await run([node(3)])
        #expect(try load().catalog.nodes.map(\.name) == ["n1", "n2", "n3"])
        let journal = try openFile("rollcall-journal.sqlite")
        #expect(
            try await journal.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM journal") }
                == 0
        )
    }

    @Test("rows are folded while changes go on, and the journal stays short")
    func folding() async throws {
        let nodes = FoldedRows.countMax + 4_096
        let store = try CatalogStore(folder: folder.path)
        let log = StandaloneLog(
            keeper: CatalogKeeper(Catalog(datacenter: "dc1")),
            store: store,
            position: 0,
            logger: Logger(label: "test")
        )
        async let running: Void = log.run()
        for start in stride(from: 0, to: nodes, by: 4_096) {
            let results = await log.append(contentsOf: (start..<start + 4_096).map { node($0) })
            #expect(results.allSatisfy { (try? $0.get()) != nil })
        }
        log.stop()
        await running
        try store.close()
        #expect(try load().catalog.nodeCount == nodes)
        #expect(try load().position == UInt64(nodes))
    }

    @Test("a fold beside the journal, then a crash: each change has its effect once")
    func crashAfterFold() throws {
        do {
            let store = try CatalogStore(folder: folder.path)
            var catalog = Catalog(datacenter: "dc1")
            var rows = FoldedRows()
            for number in 1...200 {
                let change = node(number % 10, address: "10.0.0.\(number)")
                try store.append([change], at: UInt64(number))
                rows.add(try catalog.apply(change, at: UInt64(number)))
                if number == 150 { try store.fold(rows) }
            }
            // Some of what was folded is forgotten, not all.
            #expect(try store.forgetSome(upTo: 150))
            try store.close()
        }
        let (catalog, position) = try load()
        #expect(position == 200)
        #expect(catalog.node("n9")?.address == "10.0.0.199")
        #expect(catalog.node("n9")?.modifyIndex == 199)
        #expect(catalog.node("n1")?.createIndex == 1)
    }

    @Test("when rows cannot be written, the journal keeps all until they can")
    func foldFails() async throws {
        try await run([node(1)])
        var file = try openFile("rollcall.sqlite")
        let trigger = """
            CREATE TRIGGER full BEFORE INSERT ON nodes
              BEGIN SELECT RAISE(ABORT, 'no space'); END
            """
        try await file.write { try $0.execute(sql: trigger) }
        try file.close()
        let results = try await run([node(2), node(3)])
        #expect(results.allSatisfy { (try? $0.get()) != nil })
        try await run([node(4)])
        #expect(try load().catalog.nodeCount == 4)
        file = try openFile("rollcall.sqlite")
        #expect(
            try await file.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM nodes") } == 1
        )
        try await file.write { try $0.execute(sql: "DROP TRIGGER full") }
        try file.close()
        try await run([node(5)])
        file = try openFile("rollcall.sqlite")
        #expect(
            try await file.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM nodes") } == 5
        )
        try file.close()
        #expect(try load().position == 5)
    }

    @Test("rows that are older than the journal are refused")
    func gap() throws {
        do {
            let store = try CatalogStore(folder: folder.path)
            try store.append([node(1)], at: 5)
            try store.close()
        }
        let error = #expect(throws: CatalogStoreError.self) { try load() }
        #expect(error?.code == .corrupt)
        #expect(error?.message.contains("older than its journal") == true)
        #expect(error?.path.hasSuffix("rollcall-journal.sqlite") == true)
    }

    @Test("a damaged row is named")
    func damagedRow() async throws {
        try await run([
            node(1),
            .register(Registration(instance: ServiceInstance(node: "n1", id: "w1", service: "w"))),
        ])
        let file = try openFile("rollcall.sqlite")
        try await file.write { try $0.execute(sql: "UPDATE instances SET row = X'0100ff'") }
        try file.close()
        let error = #expect(throws: CatalogStoreError.self) { try load() }
        #expect(error?.code == .corrupt)
        #expect(error?.message.contains("table instances, row n1, w1: it ends too early") == true)
    }

    @Test("a damaged group of the journal is named")
    func damagedGroup() throws {
        do {
            let store = try CatalogStore(folder: folder.path)
            try store.append([node(1)], at: 1)
            try store.append([1, 1, 2, 99, 0], at: 2)
            try store.close()
        }
        let error = #expect(throws: CatalogStoreError.self) { try load() }
        #expect(error?.code == .corrupt)
        #expect(error?.message.contains("table journal, row 2: invalid change") == true)
    }
}
