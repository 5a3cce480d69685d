internal import DurableStore
internal import EtcdCluster
internal import Foundation
internal import Glibc
internal import ServiceCatalog

/// What a server of a cluster keeps on its own disk: who it is, a copy of the catalog, and what it
/// took while it was cut off.
final class ClusterFolder: Sendable {
    /// Below the data folder.
    static let name = "cluster"

    /// A UUID, made up at the first start.
    let nodeID: String
    let copies: CatalogCopyFolder
    let offline: OfflineFile
    /// Held as long as the process lives.
    private let lock: Int32

    /// Makes the folder, and takes it for this process alone.
    ///
    /// - Throws: `StartError` when that is not possible.
    init(dataFolder: String) throws(StartError) {
        let path = dataFolder + "/" + Self.name
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o750]
            )
        } catch {
            throw StartError("\(path): the folder cannot be created: \(error)")
        }
        lock = unsafe open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard lock >= 0 else {
            throw StartError("\(path)/lock cannot be opened: \(SystemMessage.text(errno))")
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            throw StartError("\(path) is in use by another process; give another --data-dir")
        }
        do {
            nodeID = try Self.nodeID(path + "/node-id")
        } catch {
            throw StartError("\(path)/node-id: \(error)")
        }
        copies = CatalogCopyFolder(path: path + "/copies")
        offline = OfflineFile(path: path + "/offline")
    }

    private static func nodeID(_ path: String) throws -> String {
        if let text = try? String(contentsOfFile: path, encoding: .utf8),
            let id = UUID(uuidString: text.trimmingCharacters(in: .whitespacesAndNewlines))
        {
            return id.uuidString.lowercased()
        }
        let id = UUID().uuidString.lowercased()
        try Data((id + "\n").utf8).write(to: URL(filePath: path), options: .atomic)
        return id
    }
}

extension OfflineFile: OfflineJournal {}

/// Keeps nothing, for a server without a folder.
struct NoCopies: CatalogCopies {
    func write(_ catalog: Catalog, facts: [String: String], revision: UInt64) {}

    func newest(
        _ empty: Catalog
    ) -> (catalog: Catalog, facts: [String: String], revision: UInt64)? { nil }
}
