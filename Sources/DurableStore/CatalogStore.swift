internal import Foundation
internal import GRDB
package import ServiceCatalog

/// The catalog on disk: a journal of changes and tables of rows that it is folded into.
///
/// A change is durable once its journal row is committed. Folding moves what the journal did into
/// one row a thing, so that neither size nor start-up time grows with churn. A crash between
/// the two loses nothing: opening reads the rows and replays the journal that is left.
package final class CatalogStore: Sendable {
    /// 2 added keys, sessions, prepared queries, access policies and access tokens.
    private static let formatVersion = 2
    private let queue: DatabaseQueue
    private let path: String

    /// Opens or creates `rollcall.sqlite` in `folder`, which is created if it is missing.
    ///
    /// - Throws: `CatalogStoreError`.
    package init(folder: String) throws(CatalogStoreError) {
        let path = URL(filePath: folder).appending(path: "rollcall.sqlite").path
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o750]
            )
        } catch {
            throw CatalogStoreError(
                .unreachable,
                path: folder,
                message: "the data folder cannot be created: \(error.localizedDescription)"
            )
        }
        var configuration = Configuration()
        configuration.prepareDatabase { db in
            // Exclusive: a second process on the same folder fails instead of interleaving.
            try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            // A commit returns when the log has reached the disk: survives power loss.
            try db.execute(sql: "PRAGMA synchronous = FULL")
        }
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.write { db in
                try Self.prepare(db, path: path)
            }
        } catch let error as CatalogStoreError {
            throw error
        } catch {
            throw Self.translate(error, path: path)
        }
    }

    private static func prepare(_ db: Database, path: String) throws {
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard version <= formatVersion else {
            throw CatalogStoreError(
                .unknownFormat,
                path: path,
                message: "format \(version) is newer than this program's \(formatVersion)"
            )
        }
        try db.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS journal (position INTEGER PRIMARY KEY, change BLOB NOT NULL);
                CREATE TABLE IF NOT EXISTS nodes (name TEXT PRIMARY KEY, row BLOB NOT NULL)
                  WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS instances (
                  node TEXT NOT NULL, id TEXT NOT NULL, row BLOB NOT NULL, PRIMARY KEY (node, id))
                  WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS checks (
                  node TEXT NOT NULL, id TEXT NOT NULL, row BLOB NOT NULL, PRIMARY KEY (node, id))
                  WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS entries (
                  key BLOB PRIMARY KEY, value BLOB NOT NULL, flags INTEGER NOT NULL, session TEXT,
                  lock_index INTEGER NOT NULL, create_index INTEGER NOT NULL,
                  modify_index INTEGER NOT NULL) WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS sessions (id BLOB PRIMARY KEY, row BLOB NOT NULL)
                  WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS prepared_queries (id BLOB PRIMARY KEY, row BLOB NOT NULL)
                  WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS access_policies (id BLOB PRIMARY KEY, row BLOB NOT NULL)
                  WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS access_tokens (id BLOB PRIMARY KEY, row BLOB NOT NULL)
                  WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)
                  WITHOUT ROWID;
                PRAGMA user_version = \(formatVersion);
                """
        )
    }

    /// Reads the rows, replays the journal onto them and returns the catalog with the position of
    /// the last change in the order.
    ///
    /// - Throws: `CatalogStoreError` with `.corrupt` when something cannot be read.
    package func load(
        datacenter: String,
        limits: CatalogLimits
    ) throws(CatalogStoreError) -> (catalog: Catalog, position: UInt64) {
        do {
            return try queue.read { db in
                let decoder = JSONDecoder()
                var position = UInt64(try Self.fact("position", db) ?? "") ?? 0
                var catalog = Catalog(datacenter: datacenter, limits: limits)
                catalog.restore(try FoldedRows.read(from: db), index: position)
                let journal = try Row.fetchCursor(
                    db,
                    sql: "SELECT position, change FROM journal ORDER BY position"
                )
                while let row = try journal.next() {
                    position = UInt64(row["position"] as Int64)
                    let change = try decoder.decode(CatalogChange.self, from: row["change"] as Data)
                    // A change that was refused when it was made is refused again.
                    _ = try? catalog.apply(change, at: position)
                }
                return (catalog, position)
            }
        } catch {
            throw Self.translate(error, path: path)
        }
    }

    /// Commits `changes` at the positions from `position`, and `folded` with them.
    ///
    /// - Throws: `CatalogStoreError` with `.writeFailed`; nothing was written then.
    func commit(
        _ changes: [Data],
        from position: UInt64,
        folding folded: FoldedRows?
    ) async throws(CatalogStoreError) {
        do {
            try await queue.write { db in
                if !changes.isEmpty {
                    // Replaces what a commit left behind that failed and was answered as refused.
                    let insert = try db.cachedStatement(
                        sql: "INSERT OR REPLACE INTO journal (position, change) VALUES (?, ?)"
                    )
                    for (offset, change) in changes.enumerated() {
                        try insert.execute(arguments: [Int64(position) + Int64(offset), change])
                    }
                }
                try folded?.write(to: db)
            }
        } catch {
            throw Self.translate(error, path: path)
        }
    }

    /// Closes the file; no other call may follow.
    package func close() throws(CatalogStoreError) {
        do {
            try queue.close()
        } catch {
            throw Self.translate(error, path: path)
        }
    }

    /// A named text that outlives restarts, such as the node's id; `make` gives it its first value.
    ///
    /// - Throws: `CatalogStoreError`.
    package func fact(
        _ name: String,
        orElse make: @Sendable () -> String
    ) throws(CatalogStoreError) -> String {
        do {
            return try queue.write { db in
                if let value = try Self.fact(name, db) { return value }
                let value = make()
                try db.execute(
                    sql: "INSERT INTO facts (name, value) VALUES (?, ?)",
                    arguments: [name, value]
                )
                return value
            }
        } catch {
            throw Self.translate(error, path: path)
        }
    }

    /// Gives a named text a new value.
    ///
    /// - Throws: `CatalogStoreError`.
    package func setFact(_ name: String, _ value: String) throws(CatalogStoreError) {
        do {
            try queue.write { db in
                try db.execute(
                    sql: "INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)",
                    arguments: [name, value]
                )
            }
        } catch {
            throw Self.translate(error, path: path)
        }
    }

    private static func fact(_ name: String, _ db: Database) throws -> String? {
        try String.fetchOne(db, sql: "SELECT value FROM facts WHERE name = ?", arguments: [name])
    }

    private static func translate(_ error: any Error, path: String) -> CatalogStoreError {
        guard let error = error as? DatabaseError else {
            return CatalogStoreError(.corrupt, path: path, message: "unreadable row: \(error)")
        }
        let detail = error.message ?? "\(error.resultCode)"
        return switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            CatalogStoreError(
                .inUse,
                path: path,
                message:
                    "another process has the stored catalog open; stop it or use another data folder"
            )
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            CatalogStoreError(
                .unreachable,
                path: path,
                message: "the stored catalog cannot be opened: \(detail)"
            )
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            CatalogStoreError(
                .corrupt,
                path: path,
                message: "the stored catalog is damaged (\(detail)); move it away to start empty"
            )
        default:
            CatalogStoreError(.writeFailed, path: path, message: detail)
        }
    }
}
