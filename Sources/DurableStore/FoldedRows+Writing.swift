internal import Foundation
internal import GRDB
internal import ServiceCatalog

extension FoldedRows {
    /// Writes the rows, and that all up to `position` is in them.
    ///
    /// Why in order: neighbours are on the same page of the file.
    func write(to db: Database) throws {
        var coder = RowCoder()
        for (name, row) in nodes.sorted(by: { $0.key < $1.key }) {
            if let node = row.thing {
                let statement = try db.cachedStatement(
                    sql: "INSERT OR REPLACE INTO nodes (name, row) VALUES (?, ?)"
                )
                try statement.execute(arguments: [name, coder.compact(node, name, "")])
            } else {
                let statement = try db.cachedStatement(sql: "DELETE FROM nodes WHERE name = ?")
                try statement.execute(arguments: [name])
            }
        }
        try write(instances.map { ($0.key.node, $0.key.id, $0.value) }, "instances", &coder, db)
        try write(checks.map { ($0.key.node, $0.key.id, $0.value) }, "checks", &coder, db)
        for (key, entry) in entries { try write(entry, key: key, db) }
        try write(sessions, table: "sessions", &coder, db)
        try write(preparedQueries, table: "prepared_queries", &coder, db)
        try write(accessPolicies, table: "access_policies", &coder, db)
        try write(accessTokens, table: "access_tokens", &coder, db)
        // Formats 1 and 2 had the journal here; all of it is in the rows now.
        try db.execute(sql: "DROP TABLE IF EXISTS journal")
        try StoredPosition.write(position, to: db)
    }

    private func write<Thing: CompactCodable>(
        _ rows: [(node: String, id: String, row: FoldedRow<Thing>)],
        _ table: String,
        _ coder: inout RowCoder,
        _ db: Database
    ) throws {
        let insert = try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO \(table) (node, id, row) VALUES (?, ?, ?)"
        )
        let delete = try db.cachedStatement(
            sql: "DELETE FROM \(table) WHERE node = ? AND id = ?"
        )
        var order = KeyOrder(capacity: rows.count)
        for (node, id, _) in rows { order.add(node, id) }
        for position in order.sorted() {
            let (node, id, row) = rows[position]
            if let thing = row.thing {
                try insert.execute(arguments: [node, id, coder.compact(thing, node, id)])
            } else {
                try delete.execute(arguments: [node, id])
            }
        }
    }
}

// MARK: - Things with an id

extension FoldedRows {
    private func write(
        _ rows: [String: (some Encodable)?],
        table: String,
        _ coder: inout RowCoder,
        _ db: Database
    ) throws {
        for (id, row) in rows {
            if let row {
                let statement = try db.cachedStatement(
                    sql: "INSERT OR REPLACE INTO \(table) (id, row) VALUES (?, ?)"
                )
                try statement.execute(arguments: [Data(id.utf8), try coder.json(row, id: id)])
            } else {
                let statement = try db.cachedStatement(sql: "DELETE FROM \(table) WHERE id = ?")
                try statement.execute(arguments: [Data(id.utf8)])
            }
        }
    }
}

// MARK: - Keys

/// Why columns and not JSON: a million keys are read at start-up.
extension FoldedRows {
    private func write(_ entry: KeyValueEntry?, key: Data, _ db: Database) throws {
        guard let entry else {
            let statement = try db.cachedStatement(sql: "DELETE FROM entries WHERE key = ?")
            try statement.execute(arguments: [key])
            return
        }
        let statement = try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO entries
                  (key, value, flags, session, lock_index, create_index, modify_index, sum)
                  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        try statement.execute(
            arguments: [
                key, Data(entry.value.bytes), Int64(bitPattern: entry.flags), entry.session,
                Int64(bitPattern: entry.lockIndex), Int64(entry.createIndex),
                Int64(entry.modifyIndex), Int64(entry.checksum),
            ]
        )
    }
}
