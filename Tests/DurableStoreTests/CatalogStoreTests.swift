import Foundation
import Logging
import ServiceCatalog
import Testing

@testable import DurableStore

@Suite("Catalog store")
struct CatalogStoreTests {
    /// A data folder that goes with the test.
    final class Folder {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "rollcall-store-\(UUID().uuidString)").path

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private func registration(_ id: String, service: String = "web") -> CatalogChange {
        .register(
            Registration(
                node: Node(name: "n1", address: "10.0.0.1", datacenter: "dc1"),
                instance: ServiceInstance(node: "n1", id: id, service: service, port: 80),
                checks: [
                    RegisteredCheck(
                        HealthCheck(node: "n1", id: "c-\(id)", name: "c", serviceID: id),
                        keepsStatus: false
                    )
                ]
            )
        )
    }

    /// Opens the store in `folder` and runs `body` with a log on it, until all is stored.
    private func withLog<Result: Sendable>(
        _ folder: Folder,
        _ body: @Sendable (StandaloneLog, CatalogKeeper) async throws -> Result
    ) async throws -> Result {
        let store = try CatalogStore(folder: folder.path)
        let (catalog, position) = try store.load(datacenter: "dc1", limits: CatalogLimits())
        let keeper = CatalogKeeper(catalog)
        let log = StandaloneLog(
            keeper: keeper,
            store: store,
            position: position,
            logger: Logger(label: "test")
        )
        async let running: Void = log.run()
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(log, keeper))
        } catch {
            result = .failure(error)
        }
        log.stop()
        await running
        try store.close()
        return try result.get()
    }

    @Test("an acknowledged change is there after reopening")
    func reopening() async throws {
        let folder = Folder()
        try await withLog(folder) { log, _ in
            try await log.append(registration("w1"))
            try await log.append(registration("w2"))
            try await log.append(
                .deregisterInstance(InstanceKey(node: "n1", id: "w1"), onlyIf: nil)
            )
            try await log.append(
                .checkStatus(CheckKey(node: "n1", id: "c-w2"), .passing, output: "fine")
            )
        }
        let store = try CatalogStore(folder: folder.path)
        let (catalog, position) = try store.load(datacenter: "dc1", limits: CatalogLimits())
        #expect(position == 4)
        #expect(catalog.instances(ofService: "web").map(\.id) == ["w2"])
        #expect(catalog.check(CheckKey(node: "n1", id: "c-w2"))?.output == "fine")
    }

    @Test("the journal alone is enough: nothing was folded before the crash")
    func journalOnly() throws {
        let folder = Folder()
        do {
            let store = try CatalogStore(folder: folder.path)
            try store.append(["a", "b"].map { registration($0) }, at: 1)
        }
        let (catalog, position) = try CatalogStore(folder: folder.path)
            .load(datacenter: "dc1", limits: CatalogLimits())
        #expect(position == 2)
        #expect(catalog.instances(ofService: "web").map(\.id) == ["a", "b"])
    }

    @Test("positions go on after reopening, and a refused change does not come back")
    func positionsGoOn() async throws {
        let folder = Folder()
        try await withLog(folder) { log, _ in
            try await log.append(registration("w1"))
            await #expect(throws: CatalogLogError.self) {
                try await log.append(.deregisterNode("nowhere"))
            }
        }
        let write = try await withLog(folder) { log, _ in
            try await log.append(registration("w2"))
        }
        #expect(write.index >= 3)
        try await withLog(folder) { _, keeper in
            #expect(keeper.read { $0.instanceCount } == 2)
        }
    }

    @Test("many at once share commits, and all of them are stored")
    func groupCommit() async throws {
        let folder = Folder()
        let metrics = try await withLog(folder) { log, _ in
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<2_000 {
                    group.addTask { _ = try? await log.append(registration("w\(number)")) }
                }
            }
            return log.metrics
        }
        #expect(metrics.changes == 2_000)
        #expect(metrics.commit.count < 2_000)
        #expect(metrics.propagation.count == 2_000)
        try await withLog(folder) { _, keeper in
            #expect(keeper.read { $0.instanceCount } == 2_000)
        }
    }

    @Test("a second process on the same folder is refused")
    func inUse() throws {
        let folder = Folder()
        let first = try CatalogStore(folder: folder.path)
        let error = #expect(throws: CatalogStoreError.self) {
            _ = try CatalogStore(folder: folder.path)
        }
        #expect(error?.code == .inUse)
        withExtendedLifetime(first) {}
    }

    @Test("a file that is no catalog is refused with its path")
    func damaged() throws {
        let folder = Folder()
        try FileManager.default.createDirectory(
            atPath: folder.path,
            withIntermediateDirectories: true
        )
        let file = folder.path + "/rollcall.sqlite"
        try Data(repeating: 7, count: 8_192).write(to: URL(filePath: file))
        let error = #expect(throws: CatalogStoreError.self) {
            _ = try CatalogStore(folder: folder.path)
        }
        #expect(error?.code == .corrupt)
        #expect(error?.description.hasPrefix(file) == true)
    }

    @Test("a fact keeps its first value")
    func facts() throws {
        let folder = Folder()
        let store = try CatalogStore(folder: folder.path)
        #expect(try store.fact("node-id") { "a" } == "a")
        #expect(try store.fact("node-id") { "b" } == "a")
    }

    @Test("after stop changes are refused, not lost in silence")
    func stopped() async throws {
        let folder = Folder()
        let store = try CatalogStore(folder: folder.path)
        let log = StandaloneLog(
            keeper: CatalogKeeper(Catalog(datacenter: "dc1")),
            store: store,
            position: 0,
            logger: Logger(label: "test")
        )
        log.stop()
        await #expect(throws: CatalogLogError.stopping) {
            try await log.append(registration("w1"))
        }
    }
}
