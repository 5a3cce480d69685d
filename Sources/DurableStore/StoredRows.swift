internal import Foundation
internal import GRDB
internal import ServiceCatalog

/// Reads the rows of the tables into a catalog, one at a time.
struct StoredRows {
    private let db: Database
    private var coder = RowCoder()

    init(_ db: Database) {
        self.db = db
    }

    /// Fills `catalog`, which is empty, as of `index`.
    ///
    /// - Throws: `DatabaseError`, or `RowError` for a row that cannot be read.
    mutating func restore(_ catalog: consuming Catalog, index: CatalogIndex) throws -> Catalog {
        var restoration = CatalogRestoration(of: catalog, index: index)
        try read(Node.self, from: "nodes", key: ["name"]) { restoration.add($0) }
        try read(ServiceInstance.self, from: "instances", key: ["node", "id"]) {
            restoration.add($0)
        }
        try read(HealthCheck.self, from: "checks", key: ["node", "id"]) { restoration.add($0) }
        try readEntries { restoration.add($0) }
        try readJSON(Session.self, from: "sessions") { restoration.add($0) }
        try readJSON(PreparedQuery.self, from: "prepared_queries") { restoration.add($0) }
        try readJSON(AccessPolicy.self, from: "access_policies") { restoration.add($0) }
        try readJSON(AccessToken.self, from: "access_tokens") { restoration.add($0) }
        return restoration.finish()
    }

    private mutating func read<Thing: CompactCodable & Decodable>(
        _ type: Thing.Type,
        from table: String,
        key: [String],
        _ body: (Thing) -> Void
    ) throws {
        let columns = ["row"] + key
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT \(columns.joined(separator: ", ")) FROM \(table)"
        )
        while let row = try rows.next() {
            do {
                let thing = try row.withUnsafeData(atIndex: 0) { data in
                    guard let data else { throw CompactFormError.tooShort }
                    return try coder.decode(type, from: data)
                }
                body(thing)
            } catch {
                let names = key.indices.map { row[$0 + 1] as String? ?? "" }
                throw RowError(table: table, key: names.joined(separator: ", "), cause: error)
            }
        }
    }

    private func readJSON<Thing: Decodable>(
        _ type: Thing.Type,
        from table: String,
        _ body: (Thing) -> Void
    ) throws {
        let rows = try Row.fetchCursor(db, sql: "SELECT row, id FROM \(table)")
        while let row = try rows.next() {
            do {
                body(try coder.decodeJSON(type, from: row[0] as Data))
            } catch {
                let id = String(decoding: row[1] as Data, as: UTF8.self)
                throw RowError(table: table, key: id, cause: error)
            }
        }
    }

    private func readEntries(_ body: (KeyValueEntry) -> Void) throws {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT key, value, flags, session, lock_index, create_index, modify_index
                  FROM entries ORDER BY key
                """
        )
        while let row = try rows.next() {
            var entry = KeyValueEntry(
                key: String(decoding: row[0] as Data, as: UTF8.self),
                value: [UInt8](row[1] as Data),
                flags: UInt64(bitPattern: row[2] as Int64)
            )
            entry.session = row[3] as String?
            entry.lockIndex = UInt64(bitPattern: row[4] as Int64)
            entry.createIndex = UInt64(row[5] as Int64)
            entry.modifyIndex = UInt64(row[6] as Int64)
            body(entry)
        }
    }
}
