import Foundation
import GRDB
import Logging
import ServiceCatalog
import Testing

@testable import DurableStore

@Suite("What others do to the files while the store is open")
struct OtherProcessTests {
    private let folder = CatalogStoreTests.Folder()
    private var files: StoreFolder { StoreFolder(path: folder.path) }

    private func change(_ number: Int) -> CatalogChange {
        .register(
            Registration(node: Node(name: "n\(number)", address: "10.0.0.1", datacenter: "dc1"))
        )
    }

    private func move(_ name: String, to other: String) throws {
        try FileManager.default.moveItem(
            atPath: folder.path + "/" + name,
            toPath: folder.path + "/" + other
        )
    }

    @Test(
        "a journal that was removed takes no more changes, and takes them again once it is back",
        arguments: ["rollcall-journal.sqlite", "rollcall-journal.sqlite-wal"]
    )
    func removedJournal(name: String) throws {
        let store = try CatalogStore(folder: folder.path)
        try store.append([change(1)], at: 1)
        try move(name, to: "aside")
        let error = #expect(throws: CatalogStoreError.self) {
            try store.append([change(2)], at: 2)
        }
        #expect(error?.code == .writeFailed)
        #expect(error?.message.contains("removed or replaced") == true)
        // Another file in its place is no better.
        try Data().write(to: URL(filePath: folder.path + "/" + name))
        #expect(throws: CatalogStoreError.self) { try store.append([change(2)], at: 2) }
        try FileManager.default.removeItem(atPath: folder.path + "/" + name)
        try move("aside", to: name)
        try store.append([change(3)], at: 2)
        try store.close()
        let opened = try CatalogStore(folder: folder.path)
            .load(datacenter: "dc1", limits: CatalogLimits())
        #expect(opened.catalog.nodes.map(\.name) == ["n1", "n3"])
    }

    @Test("rows that were removed are not folded into, which is told, and nothing is lost")
    func removedRows() async throws {
        let opened = try CatalogStore.open(
            folder: folder.path,
            datacenter: "dc1",
            limits: CatalogLimits()
        )
        let log = StandaloneLog(
            keeper: CatalogKeeper(opened.catalog),
            store: opened.store,
            position: opened.position,
            snapshots: SnapshotPolicy(),
            foldedChangesMax: 16,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        async let running: Void = log.run()
        try move("rollcall.sqlite", to: "aside")
        var number = 0
        while log.metrics.foldProblem == nil {
            number += 1
            try await log.append(change(number))
        }
        #expect(log.metrics.foldProblem?.contains("removed or replaced") == true)
        #expect(log.metrics.problem == nil)
        log.stop()
        await running
        try opened.store.close()
        let next = try CatalogStore.open(
            folder: folder.path,
            datacenter: "dc1",
            limits: CatalogLimits()
        )
        #expect(next.recovery?.causes == ["rollcall.sqlite is missing or empty"])
        #expect(next.catalog.nodeCount == number)
        try next.store.close()
    }

    @Test("what another process has locked for a moment is waited for")
    func lockedForAMoment() async throws {
        try CatalogStore(folder: folder.path).close()
        // POSIX locks belong to a process: only another one can be in the way.
        let holder = Process()
        holder.executableURL = URL(filePath: "/usr/bin/env")
        holder.arguments = [
            "python3", "-c",
            """
            import fcntl, sys, time
            file = open(sys.argv[1], "r+b")
            fcntl.lockf(file, fcntl.LOCK_EX, 512, 0x40000000)
            print("locked", flush=True)
            time.sleep(0.5)
            """,
            files.journal,
        ]
        let output = Pipe()
        holder.standardOutput = output
        try holder.run()
        #expect(output.fileHandleForReading.availableData.first == UInt8(ascii: "l"))
        try CatalogStore(folder: folder.path).close()
        holder.waitUntilExit()
    }
}
