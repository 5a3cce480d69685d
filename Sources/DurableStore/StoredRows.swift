internal import Foundation
internal import GRDB
internal import ServiceCatalog

/// Reads the rows of the tables, some at a time.
struct StoredRows {
    private let db: Database
    private var coder = RowCoder()

    /// Things in one part.
    private static let partMax = 512
    /// Values of keys in one part, by and large.
    private static let valueBytesMax = 1 << 20

    init(_ db: Database) {
        self.db = db
    }

    /// Puts all of them into `parts`, nodes before what is on them, and the end or the error.
    ///
    /// The errors are `DatabaseError`, or `RowError` for a row that cannot be read.
    mutating func readAll(into parts: StoredParts) {
        do {
            try read(Node.self, from: "nodes", key: ["name"]) { parts.put(.nodes($0)) }
            try read(ServiceInstance.self, from: "instances", key: ["node", "id"]) {
                parts.put(.instances($0))
            }
            try read(HealthCheck.self, from: "checks", key: ["node", "id"]) {
                parts.put(.checks($0))
            }
            try readEntries { parts.put(.entries($0)) }
            var rest = CatalogContents()
            rest.sessions = try readJSON("sessions")
            rest.preparedQueries = try readJSON("prepared_queries")
            rest.accessPolicies = try readJSON("access_policies")
            rest.accessTokens = try readJSON("access_tokens")
            parts.put(.rest(rest))
            parts.put(.end)
        } catch {
            parts.put(.failed(error))
        }
    }

    private mutating func read<Thing: CompactCodable & Decodable>(
        _ type: Thing.Type,
        from table: String,
        key: [String],
        _ body: ([Thing]) -> Void
    ) throws {
        var part: [Thing] = []
        let columns = ["row"] + key
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT \(columns.joined(separator: ", ")) FROM \(table)"
        )
        while let row = try rows.next() {
            do {
                let thing = try row.withUnsafeData(atIndex: 0) { data in
                    guard let data else { throw CompactFormError.tooShort }
                    return try coder.decode(type, from: data) { sum in
                        for column in 1...key.count {
                            try row.withUnsafeData(atIndex: column) { name in
                                unsafe name?.withUnsafeBytes { unsafe sum.add($0) }
                            }
                        }
                    }
                }
                part.append(thing)
            } catch {
                let names = key.indices.map { row[$0 + 1] as String? ?? "" }
                throw RowError(table: table, key: names.joined(separator: ", "), cause: error)
            }
            if part.count == Self.partMax {
                body(part)
                part = []
                part.reserveCapacity(Self.partMax)
            }
        }
        body(part)
    }

    private func readJSON<Thing: Decodable>(_ table: String) throws -> [Thing] {
        var things: [Thing] = []
        let rows = try Row.fetchCursor(db, sql: "SELECT row, id FROM \(table)")
        while let row = try rows.next() {
            do {
                guard let thing = row[0] as Data? else { throw CompactFormError.tooShort }
                things.append(
                    try coder.decodeJSON(Thing.self, from: thing, id: row[1] as Data? ?? Data())
                )
            } catch {
                let id = String(decoding: row[1] as Data? ?? Data(), as: UTF8.self)
                throw RowError(table: table, key: id, cause: error)
            }
        }
        return things
    }

    private func readEntries(_ body: ([KeyValueEntry]) -> Void) throws {
        var part: [KeyValueEntry] = []
        var valueBytes = 0
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT key, value, flags, session, lock_index, create_index, modify_index, sum
                  FROM entries ORDER BY key
                """
        )
        while let row = try rows.next() {
            let key = String(decoding: row[0] as Data? ?? Data(), as: UTF8.self)
            guard let value = row[1] as Data?, let flags = row[2] as Int64?,
                let lockIndex = row[4] as Int64?, let createIndex = row[5] as Int64?,
                let modifyIndex = row[6] as Int64?
            else { throw RowError(table: "entries", key: key, cause: CompactFormError.tooShort) }
            var entry = KeyValueEntry(
                key: key,
                value: [UInt8](value),
                flags: UInt64(bitPattern: flags)
            )
            entry.session = row[3] as String?
            entry.lockIndex = UInt64(bitPattern: lockIndex)
            entry.createIndex = UInt64(bitPattern: createIndex)
            entry.modifyIndex = UInt64(bitPattern: modifyIndex)
            // Format 3 had no checksum.
            if let sum = row[7] as Int64?, sum != Int64(entry.checksum) {
                throw RowError(table: "entries", key: entry.key, cause: ChecksumMismatch())
            }
            part.append(entry)
            valueBytes += entry.value.bytes.count
            if part.count == Self.partMax || valueBytes >= Self.valueBytesMax {
                body(part)
                part = []
                part.reserveCapacity(Self.partMax)
                valueBytes = 0
            }
        }
        body(part)
    }
}
