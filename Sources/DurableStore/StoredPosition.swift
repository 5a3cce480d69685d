internal import GRDB

/// The position up to which changes are in the rows, with a checksum.
enum StoredPosition {
    static func write(_ position: UInt64, to db: Database) throws {
        var sum = Checksum()
        sum.add(String(position))
        for (name, value) in [("position", String(position)), ("position-sum", String(sum.value))] {
            try db.execute(
                sql: "INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)",
                arguments: [name, value]
            )
        }
    }

    /// Nil: nothing was ever folded.
    ///
    /// - Throws: `RowError` when it is damaged.
    static func read(from db: Database) throws -> UInt64? {
        let sql = "SELECT value FROM facts WHERE name = ?"
        guard let text = try String.fetchOne(db, sql: sql, arguments: ["position"]) else {
            return nil
        }
        var sum = Checksum()
        sum.add(text)
        // Format 3 had no checksum.
        let noted = try String.fetchOne(db, sql: sql, arguments: ["position-sum"])
        guard let position = UInt64(text), noted == nil || noted == String(sum.value) else {
            throw RowError(table: "facts", key: "position", cause: ChecksumMismatch())
        }
        return position
    }
}
