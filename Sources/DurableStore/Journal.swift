internal import Foundation
internal import GRDB

/// The file of changes that are in no row yet: one row a group, at the position of its first
/// change.
struct Journal: Sendable {
    private let queue: DatabaseQueue
    private let file: StoreFile
    /// What was opened.
    private let opened: [FileIdentity?]

    /// Groups that are forgotten at once: bounds how long a commit waits for it.
    private static let forgottenMax = 64

    /// - Throws: `CatalogStoreError`.
    init(path: String) throws(CatalogStoreError) {
        file = StoreFile(path: path)
        queue = try file.open(
            // What is forgotten need not be overwritten: the rows hold the same values.
            settings: ["secure_delete = OFF"],
            tables: """
                CREATE TABLE IF NOT EXISTS journal (
                  position INTEGER PRIMARY KEY, change BLOB NOT NULL)
                """
        )
        opened = file.identities
    }

    /// Commits a group.
    ///
    /// - Throws: `CatalogStoreError` with `.writeFailed`; nothing was written then, where a start
    ///   would find it.
    func append(_ group: [UInt8], at position: UInt64) throws(CatalogStoreError) {
        try file.checkStillThere(opened)
        do {
            // One statement is a transaction by itself.
            try queue.writeWithoutTransaction { db in
                // Replaces what a commit left behind that failed and was answered as refused.
                let insert = try db.cachedStatement(
                    sql: "INSERT OR REPLACE INTO journal (position, change) VALUES (?, ?)"
                )
                try insert.execute(arguments: [Int64(position), Data(group)])
            }
        } catch {
            throw file.translate(error)
        }
        try file.checkStillThere(opened)
    }

    /// Removes the oldest groups up to `position`, a bounded number; false when none is left.
    ///
    /// - Throws: `CatalogStoreError`.
    func forgetSome(upTo position: UInt64) throws(CatalogStoreError) -> Bool {
        do {
            return try queue.writeWithoutTransaction { db in
                let delete = try db.cachedStatement(
                    sql: """
                        DELETE FROM journal WHERE position IN (
                          SELECT position FROM journal WHERE position <= ?
                            ORDER BY position LIMIT \(Self.forgottenMax))
                        """
                )
                try delete.execute(arguments: [Int64(position)])
                return db.changesCount == Self.forgottenMax
            }
        } catch {
            throw file.translate(error)
        }
    }

    /// Applies what is left.
    ///
    /// - Throws: `CatalogStoreError`.
    func replay(onto replay: inout Replay) throws(CatalogStoreError) {
        do {
            try queue.read { db in
                try CatalogStore.check(db)
                try replay.run(from: db, mayHaveGaps: false)
            }
        } catch {
            throw file.translate(error)
        }
    }

    /// The bytes of the groups after `position`.
    func bytes(after position: UInt64) -> Int {
        let sql = "SELECT coalesce(sum(length(change)), 0) FROM journal WHERE position > ?"
        let bytes = try? queue.read { db in
            try Int.fetchOne(db, sql: sql, arguments: [Int64(clamping: position)])
        }
        return bytes ?? 0
    }

    /// Reads from the file.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try queue.read(body)
    }

    func translate(_ error: any Error) -> CatalogStoreError { file.translate(error) }

    func close() throws(CatalogStoreError) {
        do {
            try queue.close()
        } catch {
            throw file.translate(error)
        }
    }
}
