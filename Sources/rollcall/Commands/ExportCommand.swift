internal import ArgumentParser
internal import DurableStore
internal import Foundation
internal import RegistryAPI
internal import RollcallClient
internal import ServiceCatalog

/// `rollcall export`: everything that a catalog holds, as of one index.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write everything that the registry holds to a file.",
        discussion: "From a running server, or with --data-dir from the folder of a stopped one."
    )

    @Argument(help: "The file; - for standard output.")
    var file: String

    @Option(help: "The data folder of a server that does not run.")
    var dataDir: String?

    @OptionGroup var registry: RegistryOptions

    mutating func run() async throws {
        let bytes: [UInt8]
        if let dataDir {
            bytes = try Self.read(dataDir)
        } else {
            bytes = try await registry.server().saveSnapshot()
        }
        let summary = try BackupSummary(bytes, path: "the export")
        try BackupFile.write(bytes, to: file)
        guard file != "-" else { return }
        TextOutput.printLine(try summary.printed(asJSON: registry.json))
    }

    private static func read(_ folder: String) throws -> [UInt8] {
        guard FileManager.default.fileExists(atPath: folder + "/rollcall.sqlite") else {
            throw CommandFailure.wrongUsage("\(folder): there is no stored catalog")
        }
        do throws(CatalogStoreError) {
            let store = try CatalogStore(folder: folder)
            defer { try? store.close() }
            let (catalog, _) = try store.load(datacenter: "", limits: CatalogLimits())
            return try written(catalog)
        } catch {
            throw CommandFailure.wrongUsage(error.description)
        }
    }

    private static func written(_ catalog: Catalog) throws(CatalogStoreError) -> [UInt8] {
        do {
            return try SnapshotFile.write(catalog)
        } catch {
            throw CatalogStoreError(.corrupt, path: "the export", message: "\(error)")
        }
    }
}
