internal import Foundation
internal import ServiceCatalog

/// The snapshots beside the stored catalog: the newest two are kept, since one may be damaged too.
struct SnapshotFolder: Sendable {
    let path: String

    private static let keptMax = 2

    init(path: String) { self.path = path }

    init(dataFolder: String) { path = dataFolder + "/snapshots" }

    /// All that are there, the newest first.
    var files: [SnapshotFile] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.compactMap { SnapshotFile(folder: path, name: $0) }
            .sorted { $0.position > $1.position }
    }

    /// Adds one and removes those that are too many.
    ///
    /// - Throws: what the file system says.
    @discardableResult
    func write(
        _ catalog: Catalog,
        facts: [String: String],
        position: UInt64
    ) throws -> SnapshotFile {
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o750]
        )
        let digits = String(position)
        let name = String(repeating: "0", count: 20 - digits.count) + digits + SnapshotFile.suffix
        let file = SnapshotFile(path: path + "/" + name, position: position)
        try SnapshotWriter.write(catalog, facts: facts, to: file)
        for old in files.dropFirst(Self.keptMax) {
            try? FileManager.default.removeItem(atPath: old.path)
        }
        return file
    }

    /// The newest one that is whole, and what is wrong with those that are newer.
    func newestGood(
        _ empty: Catalog
    ) -> (
        found: (file: SnapshotFile, catalog: Catalog, facts: [String: String])?,
        damaged: [String]
    ) {
        var damaged: [String] = []
        for file in files {
            do {
                let (catalog, facts) = try SnapshotReader.read(file, into: empty)
                return ((file, catalog, facts), damaged)
            } catch {
                damaged.append("\(file.path): \(error)")
            }
        }
        return (nil, damaged)
    }
}
