import Foundation
import GRDB
import Logging
import ServiceCatalog
import TestSupport
import Testing

@testable import DurableStore

@Suite("Damaged files")
struct DamageTests {
    private let folder = CatalogStoreTests.Folder()
    private var files: StoreFolder { StoreFolder(path: folder.path) }

    private func change(_ number: Int) -> CatalogChange {
        .register(
            Registration(
                node: Node(name: "n\(number % 7)", address: "10.0.0.1", datacenter: "dc1"),
                instance: ServiceInstance(
                    node: "n\(number % 7)",
                    id: "i\(number)",
                    service: "web",
                    port: number % 60_000
                )
            )
        )
    }

    private func open() throws -> OpenedStore {
        try CatalogStore.open(folder: folder.path, datacenter: "dc1", limits: CatalogLimits())
    }

    /// Starts, appends `numbers` and stops as a server does.
    private func run(_ numbers: Range<Int>) async throws {
        let opened = try open()
        let log = StandaloneLog(
            keeper: CatalogKeeper(opened.catalog),
            store: opened.store,
            position: opened.position,
            snapshots: SnapshotPolicy(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        async let running: Void = log.run()
        let results = await log.append(contentsOf: numbers.map(change))
        #expect(results.allSatisfy { (try? $0.get()) != nil })
        log.stop()
        await running
        try opened.store.close()
    }

    /// Appends `numbers`, one a commit, and leaves the files as a killed server does.
    private func runAndCrash(_ numbers: Range<Int>) throws {
        let live = CatalogStoreTests.Folder()
        if FileManager.default.fileExists(atPath: folder.path) {
            try FileManager.default.moveItem(atPath: folder.path, toPath: live.path)
        }
        let opened = try CatalogStore.open(
            folder: live.path,
            datacenter: "dc1",
            limits: CatalogLimits()
        )
        for (offset, number) in numbers.enumerated() {
            try opened.store.append([change(number)], at: opened.position + 1 + UInt64(offset))
        }
        // A copy of files in use: what is there after a kill.
        try FileManager.default.copyItem(atPath: live.path, toPath: folder.path)
        try opened.store.close()
    }

    private func ids(_ catalog: Catalog) -> Set<String> {
        Set(catalog.contents.instances.map(\.id))
    }

    private func names(_ numbers: Range<Int>) -> Set<String> { Set(numbers.map { "i\($0)" }) }

    private func data(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

    @Test("rows that are damaged are made again from snapshot and journal, and nothing is missing")
    func damagedRows() async throws {
        try await run(0..<50)
        try runAndCrash(50..<80)
        try Data(repeating: 0x58, count: 40_000).write(to: URL(filePath: files.rows))
        let opened = try open()
        let recovery = try #require(opened.recovery)
        #expect(ids(opened.catalog) == names(0..<80))
        #expect(recovery.missing == 0 && !recovery.mayMissMore && recovery.replayed == 30)
        #expect(recovery.snapshotDate != nil)
        #expect(opened.position == 80)
        #expect(try !data(recovery.folder + "/rollcall.sqlite").isEmpty)
        try opened.store.close()
        #expect(
            CatalogStore.recoveryReports(in: folder.path) == [
                RecoveryReport(text: recovery.description, mayBeStale: false)
            ]
        )
        // The next start finds nothing wrong, and goes on.
        try await run(80..<90)
        let next = try open()
        #expect(next.recovery == nil)
        #expect(ids(next.catalog) == names(0..<90))
        try next.store.close()
    }

    @Test("of a damaged journal all is kept that is whole, and what is missing is counted")
    func damagedJournal() async throws {
        try await run(0..<50)
        try runAndCrash(50..<80)
        let queue = try StoreFile(path: files.journal).open(settings: [], tables: "")
        try await queue.write { db in
            try db.execute(sql: "UPDATE journal SET change = X'0200' WHERE position IN (60, 61)")
        }
        try queue.close()
        files.note(.stopped)
        let opened = try open()
        let recovery = try #require(opened.recovery)
        #expect(ids(opened.catalog) == names(0..<59).union(names(61..<80)))
        #expect(recovery.missing == 2)
        #expect(recovery.snapshotDate == nil)
        #expect(opened.position > 80)
        #expect(opened.catalog.index == opened.position)
        try opened.store.close()
        #expect(CatalogStore.recoveryReports(in: folder.path).map(\.mayBeStale) == [true])
    }

    @Test(
        "a file that is missing or empty is noticed",
        arguments: ["rollcall.sqlite", "rollcall-journal.sqlite", "rollcall-journal.sqlite-wal"],
        [true, false]
    )
    func missing(name: String, isEmptied: Bool) async throws {
        try await run(0..<50)
        try runAndCrash(50..<80)
        let path = folder.path + "/" + name
        try FileManager.default.removeItem(atPath: path)
        if isEmptied { try Data().write(to: URL(filePath: path)) }
        let opened = try open()
        let recovery = try #require(opened.recovery, "\(name)")
        #expect(recovery.causes.contains { $0.contains("\(name) is missing") }, "\(recovery)")
        #expect(ids(opened.catalog).isSuperset(of: names(0..<50)))
        if name == "rollcall.sqlite" { #expect(ids(opened.catalog) == names(0..<80)) }
        #expect(recovery.mayMissMore)
        #expect(opened.position > 80)
        try opened.store.close()
    }

    @Test("a commit that the disk lost in the middle of SQLite's log is noticed")
    func tornInside() async throws {
        try await run(0..<50)
        try runAndCrash(50..<80)
        let path = files.journal + "-wal"
        #expect(!WriteAheadLog(path: path).isDamagedInside)
        let good = try data(path)
        var random = RandomThings(seed: 4)
        for _ in 0..<60 {
            var bad = good
            // Not in the last commits: their damage cannot be told from a crash in them.
            bad[32 + random.below(good.count - 32 - 6 * 4_120)] ^= 0x10
            try bad.write(to: URL(filePath: path))
            #expect(WriteAheadLog(path: path).isDamagedInside)
        }
        // A crash in the last commit is no damage.
        try good.dropLast(100).write(to: URL(filePath: path))
        #expect(!WriteAheadLog(path: path).isDamagedInside)
    }

    @Test("both files gone: the snapshot is served; no snapshot: an error that says what to do")
    func bothGone() async throws {
        try await run(0..<20)
        for name in ["rollcall.sqlite", "rollcall-journal.sqlite"] {
            try FileManager.default.removeItem(atPath: folder.path + "/" + name)
        }
        let opened = try open()
        #expect(ids(opened.catalog) == names(0..<20))
        #expect(opened.recovery?.mayMissMore == true)
        try opened.store.close()
        for name in ["rollcall.sqlite", "rollcall-journal.sqlite", "snapshots"] {
            try FileManager.default.removeItem(atPath: folder.path + "/" + name)
        }
        let error = #expect(throws: CatalogStoreError.self) { try open() }
        #expect(error?.code == .corrupt)
        #expect(error?.message.contains("no good snapshot") == true)
        #expect(error?.message.contains("rollcall import") == true)
    }

    @Test("without a snapshot the damaged files stay where they are")
    func hopeless() async throws {
        try await run(0..<20)
        try FileManager.default.removeItem(atPath: files.snapshots.path)
        let junk = Data(repeating: 0x58, count: 9_000)
        try junk.write(to: URL(filePath: files.rows))
        for _ in 0..<2 {
            #expect(throws: CatalogStoreError.self) { try open() }
            #expect(try data(files.rows) == junk)
        }
        #expect(CatalogStore.recoveryReports(in: folder.path).isEmpty)
    }

    @Test("a recovery that was interrupted begins again and finds the same")
    func interrupted() async throws {
        try await run(0..<20)
        try runAndCrash(20..<30)
        try Data(repeating: 0x58, count: 9_000).write(to: URL(filePath: files.rows))
        // Killed after the files were set aside and new ones were begun.
        _ = try DamagedFolder.setAside(files, now: Date())
        let begun = try CatalogStore(folder: folder.path)
        try begun.close()
        let opened = try open()
        #expect(ids(opened.catalog) == names(0..<30))
        #expect(opened.recovery?.missing == 0)
        try opened.store.close()
        #expect(CatalogStore.recoveryReports(in: folder.path).count == 1)
    }

    @Test("a newer format and a folder in a file's place are told, and nothing is moved")
    func otherTrouble() async throws {
        try await run(0..<5)
        let queue = try StoreFile(path: files.rows).open(settings: [], tables: "")
        try await queue.write { try $0.execute(sql: "PRAGMA user_version = 99") }
        try queue.close()
        var error = #expect(throws: CatalogStoreError.self) { try open() }
        #expect(error?.code == .unknownFormat)
        #expect(FileManager.default.fileExists(atPath: files.rows))
        try FileManager.default.removeItem(atPath: files.rows)
        try FileManager.default.createDirectory(
            atPath: files.rows,
            withIntermediateDirectories: false
        )
        error = #expect(throws: CatalogStoreError.self) { try open() }
        #expect(error?.code == .unreachable)
        #expect(FileManager.default.fileExists(atPath: files.rows))
    }

    @Test(
        "whatever happens to the files, a start succeeds or fails, and invents nothing",
        arguments: 1...12 as ClosedRange<UInt64>
    )
    func random(seed: UInt64) async throws {
        var random = RandomThings(seed: seed)
        try await run(0..<200)
        try runAndCrash(200..<260)
        let paths = [files.rows, files.journal, files.journal + "-wal", files.rows + "-wal"]
        var isTouched: Set<String> = []
        for _ in 0...random.below(3) {
            let path = paths[random.below(paths.count)]
            guard var bytes = try? data(path), !bytes.isEmpty else { continue }
            isTouched.insert(path)
            switch random.below(4) {
            case 0: bytes = bytes.prefix(random.below(bytes.count))
            case 1:
                for _ in 0...random.below(20) {
                    bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8))
                }
            case 2:
                let start = random.below(bytes.count) & ~4_095
                let end = min(start + 4_096, bytes.count)
                bytes.replaceSubrange(start..<end, with: Data(count: end - start))
            default:
                for _ in 0..<200 where !bytes.isEmpty {
                    bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.bits())
                }
            }
            try bytes.write(to: URL(filePath: path))
        }
        var whole = Catalog(datacenter: "dc1")
        for number in 0..<260 { _ = try whole.apply(change(number), at: UInt64(number + 1)) }
        let expected = Dictionary(
            uniqueKeysWithValues: whole.contents.instances.map { ($0.id, $0.port) }
        )
        let opened = try open()
        for instance in opened.catalog.contents.instances {
            #expect(expected[instance.id] == instance.port)
        }
        let found = ids(opened.catalog)
        // The snapshot was not touched.
        #expect(found.isSuperset(of: names(0..<200)))
        if isTouched.isDisjoint(with: [files.journal, files.journal + "-wal"]) {
            #expect(found == names(0..<260), "\(isTouched)")
        }
        try opened.store.close()
    }
}
