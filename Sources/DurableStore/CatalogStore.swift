internal import Foundation
internal import GRDB
package import ServiceCatalog
internal import Synchronization

/// The catalog on disk: a journal of changes and tables of rows that it is folded into.
///
/// A change is durable once its group is in the journal. Folding moves what the journal did into
/// one row a thing, so that neither size nor start-up time grows with churn. A crash between
/// the two loses nothing: opening reads the rows and replays the journal that is left.
///
/// Why two files: SQLite has one writer a file, and nobody's change should wait for a fold.
package final class CatalogStore: Sendable {
    private let rows: DatabaseQueue
    private let rowsFile: StoreFile
    /// What was opened.
    private let openedRows: [FileIdentity?]
    let files: StoreFolder
    private let journal: Journal
    /// True once the folder says that it is in use.
    private let isNoted = Mutex(false)
    /// What was replayed at the start and is in no row yet.
    private let unfolded = Mutex(FoldedRows())

    /// Opens or creates `rollcall.sqlite` and its journal in `folder`, which is created if it is
    /// missing.
    ///
    /// - Throws: `CatalogStoreError`.
    package init(folder: String) throws(CatalogStoreError) {
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
        files = StoreFolder(path: folder)
        rowsFile = StoreFile(path: files.rows)
        rows = try Self.openRows(rowsFile)
        openedRows = rowsFile.identities
        journal = try Journal(path: files.journal)
    }

    static func openRows(_ file: StoreFile) throws(CatalogStoreError) -> DatabaseQueue {
        let rows = try file.open(settings: ["cache_size = -8192"], tables: tables)
        do {
            try rows.write { db in
                // Format 3 had no checksums.
                guard try !db.columns(in: "entries").contains(where: { $0.name == "sum" }) else {
                    return
                }
                try db.execute(sql: "ALTER TABLE entries ADD COLUMN sum INTEGER")
            }
        } catch {
            throw file.translate(error)
        }
        return rows
    }

    private static let tables = """
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
          modify_index INTEGER NOT NULL, sum INTEGER) WITHOUT ROWID;
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
        """

    /// Reads the rows, replays the journal onto them and returns the catalog with the position of
    /// the last change in the order.
    ///
    /// - Throws: `CatalogStoreError` with `.corrupt` when something cannot be read.
    package func load(
        datacenter: String,
        limits: CatalogLimits
    ) throws(CatalogStoreError) -> (catalog: Catalog, position: UInt64) {
        var replay: Replay
        do {
            let empty = Catalog(datacenter: datacenter, limits: limits)
            let (catalog, folded) = try Self.read(rows, into: empty)
            let position = folded ?? 0
            replay = Replay(catalog: catalog, position: position)
            try rows.read { db in
                // Format 2 had it here.
                if try db.tableExists("journal") { try replay.run(from: db, mayHaveGaps: true) }
            }
        } catch {
            throw rowsFile.translate(error)
        }
        try journal.replay(onto: &replay)
        let rows = replay.unfolded
        unfolded.withLock { $0 = rows }
        return (replay.catalog, replay.position)
    }

    /// What the journal did before `load` and is in no row yet: whoever folds has to begin with
    /// it.
    func takeUnfolded() -> FoldedRows {
        unfolded.withLock { unfolded in
            defer { unfolded = FoldedRows() }
            return unfolded
        }
    }

    /// Commits a group of changes, of which the first is at `position`.
    ///
    /// - Throws: `CatalogStoreError` with `.writeFailed`; nothing was written then.
    func append(_ group: [UInt8], at position: UInt64) throws(CatalogStoreError) {
        try journal.append(group, at: position)
    }

    /// Commits rows; the journal up to their position may be forgotten then.
    ///
    /// - Throws: `CatalogStoreError` with `.writeFailed`; nothing was written then.
    func fold(_ folded: FoldedRows) throws(CatalogStoreError) {
        do {
            try rows.write { db in try folded.write(to: db) }
        } catch {
            throw rowsFile.translate(error)
        }
    }

    /// Commits rows beside what else happens, then calls `completion`.
    func startFolding(
        _ folded: FoldedRows,
        completion: @escaping @Sendable (StandaloneLog.FoldOutcome) -> Void
    ) {
        let (file, opened) = (rowsFile, openedRows)
        rows.asyncWriteWithoutTransaction { db in
            do {
                try db.inTransaction {
                    try folded.write(to: db)
                    return .commit
                }
                try file.checkStillThere(opened)
                completion(.folded(upTo: folded.position))
            } catch {
                completion(.failed(folded, file.translate(error)))
            }
        }
    }

    /// Removes some of the journal up to `position`, which rows replace; false when none is left.
    ///
    /// - Throws: `CatalogStoreError`.
    func forgetSome(upTo position: UInt64) throws(CatalogStoreError) -> Bool {
        try journal.forgetSome(upTo: position)
    }

    /// Closes the files; no other call may follow.
    package func close() throws(CatalogStoreError) {
        // Before the first file is closed: SQLite then removes its log, which a start misses in a
        // folder that is still said to be in use.
        if isNoted.withLock({ $0 }) { files.note(.stopped) }
        try journal.close()
        do {
            try rows.close()
        } catch {
            throw rowsFile.translate(error)
        }
    }
}

// MARK: - Snapshots and recovery

extension CatalogStore {
    /// Notes in the folder that it is in use; closing notes the end.
    func noteRunning() {
        files.note(.running)
        isNoted.withLock { $0 = true }
    }

    /// The bytes of the journal after `position`.
    func journalBytes(after position: UInt64) -> Int { journal.bytes(after: position) }

    /// All facts.
    ///
    /// - Throws: `CatalogStoreError`.
    func facts() throws(CatalogStoreError) -> [String: String] {
        do {
            return try rows.read { try Self.namedFacts($0) }
        } catch {
            throw rowsFile.translate(error)
        }
    }

    /// Writes a whole catalog to the rows, which are empty, all or nothing.
    ///
    /// - Throws: `CatalogStoreError`.
    func fill(
        with catalog: Catalog,
        facts: [String: String],
        position: UInt64
    ) throws(CatalogStoreError) {
        do {
            try rows.write { db in
                for (name, value) in facts {
                    try db.execute(
                        sql: "INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)",
                        arguments: [name, value]
                    )
                }
                try FoldedRows.write(catalog, position: position, to: db)
            }
        } catch {
            throw rowsFile.translate(error)
        }
    }
}

// MARK: - Facts

extension CatalogStore {
    /// A named text that outlives restarts, such as the node's id; `make` gives it its first value.
    ///
    /// - Throws: `CatalogStoreError`.
    package func fact(
        _ name: String,
        orElse make: @Sendable () -> String
    ) throws(CatalogStoreError) -> String {
        do {
            return try rows.write { db in
                if let value = try Self.fact(name, db) { return value }
                let value = make()
                try db.execute(
                    sql: "INSERT INTO facts (name, value) VALUES (?, ?)",
                    arguments: [name, value]
                )
                return value
            }
        } catch {
            throw rowsFile.translate(error)
        }
    }

    /// Gives a named text a new value.
    ///
    /// - Throws: `CatalogStoreError`.
    package func setFact(_ name: String, _ value: String) throws(CatalogStoreError) {
        do {
            try rows.write { db in
                try db.execute(
                    sql: "INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)",
                    arguments: [name, value]
                )
            }
        } catch {
            throw rowsFile.translate(error)
        }
    }

    private static func fact(_ name: String, _ db: Database) throws -> String? {
        try String.fetchOne(db, sql: "SELECT value FROM facts WHERE name = ?", arguments: [name])
    }
}
