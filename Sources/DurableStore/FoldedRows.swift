internal import Foundation
internal import GRDB
internal import ServiceCatalog

/// What the journal up to a position did, as one row a thing.
struct FoldedRows: Sendable {
    /// All changes up to here are in the rows.
    var position: UInt64 = 0
    /// Nil means that the thing is gone.
    private var nodes: [String: Node?] = [:]
    private var instances: [InstanceKey: ServiceInstance?] = [:]
    private var checks: [CheckKey: HealthCheck?] = [:]
    /// By the bytes of the key: texts that look alike are different keys.
    private var entries: [Data: KeyValueEntry?] = [:]
    private var sessions: [String: Session?] = [:]
    private var preparedQueries: [String: PreparedQuery?] = [:]
    private var accessPolicies: [String: AccessPolicy?] = [:]
    private var accessTokens: [String: AccessToken?] = [:]
    /// At least what the values of keys take.
    private var valueBytes = 0

    /// Rows that gather before they are written.
    private static let countMax = 4_096
    /// Values of keys that gather before they are written.
    private static let valueBytesMax = 16 << 20

    var isEmpty: Bool { count == 0 }

    /// True when it is time to write them.
    var isFull: Bool { count >= Self.countMax || valueBytes >= Self.valueBytesMax }

    /// How many rows would be written.
    var count: Int {
        nodes.count + instances.count + checks.count + entries.count + sessions.count
            + preparedQueries.count + accessPolicies.count + accessTokens.count
    }

    /// Takes over the last state of all that `delta` touched.
    mutating func add(_ delta: CatalogDelta) {
        for event in delta.events { add(event) }
        position = max(position, delta.index)
    }

    private mutating func add(_ event: CatalogEvent) {
        switch event {
        case .node(let old, let new):
            guard let name = (new ?? old)?.name else { return }
            nodes[Catalog.fold(name)] = .some(new)
        case .instance(let old, let new):
            guard let key = (new ?? old)?.key else { return }
            let filed = InstanceKey(node: Catalog.fold(key.node), id: key.id)
            instances[filed] = .some(new)
        case .check(let old, let new):
            guard let key = (new ?? old)?.key else { return }
            checks[CheckKey(node: Catalog.fold(key.node), id: key.id)] = .some(new)
        case .keyValue(let old, let new):
            guard let key = (new ?? old)?.key else { return }
            entries[Data(key.utf8)] = .some(new)
            valueBytes += new?.value.bytes.count ?? 0
        case .session(let old, let new):
            guard let id = (new ?? old)?.id else { return }
            sessions[Catalog.fold(id)] = .some(new)
        case .preparedQuery(let old, let new):
            guard let id = (new ?? old)?.id else { return }
            preparedQueries[Catalog.fold(id)] = .some(new)
        case .accessPolicy(let old, let new):
            guard let id = (new ?? old)?.id else { return }
            accessPolicies[Catalog.fold(id)] = .some(new)
        case .accessToken(let old, let new):
            guard let id = (new ?? old)?.accessorID else { return }
            accessTokens[Catalog.fold(id)] = .some(new)
        }
    }

    /// Takes over the rows of `later`, which are newer.
    mutating func merge(_ later: FoldedRows) {
        nodes.merge(later.nodes) { $1 }
        instances.merge(later.instances) { $1 }
        checks.merge(later.checks) { $1 }
        entries.merge(later.entries) { $1 }
        sessions.merge(later.sessions) { $1 }
        preparedQueries.merge(later.preparedQueries) { $1 }
        accessPolicies.merge(later.accessPolicies) { $1 }
        accessTokens.merge(later.accessTokens) { $1 }
        valueBytes += later.valueBytes
        position = max(position, later.position)
    }
}

// MARK: - Writing

extension FoldedRows {
    /// Writes the rows and removes the part of the journal that they replace.
    func write(to db: Database) throws {
        let encoder = JSONEncoder()
        for (name, node) in nodes {
            if let node {
                try db.execute(
                    sql: "INSERT OR REPLACE INTO nodes (name, row) VALUES (?, ?)",
                    arguments: [name, try encoder.encode(node)]
                )
            } else {
                try db.execute(sql: "DELETE FROM nodes WHERE name = ?", arguments: [name])
            }
        }
        for (key, instance) in instances {
            try write(instance, node: key.node, id: key.id, table: "instances", encoder, db)
        }
        for (key, check) in checks {
            try write(check, node: key.node, id: key.id, table: "checks", encoder, db)
        }
        for (key, entry) in entries { try write(entry, key: key, db) }
        try write(sessions, table: "sessions", encoder, db)
        try write(preparedQueries, table: "prepared_queries", encoder, db)
        try write(accessPolicies, table: "access_policies", encoder, db)
        try write(accessTokens, table: "access_tokens", encoder, db)
        try db.execute(
            sql: "DELETE FROM journal WHERE position <= ?",
            arguments: [Int64(position)]
        )
        try db.execute(
            sql: "INSERT OR REPLACE INTO facts (name, value) VALUES ('position', ?)",
            arguments: [String(position)]
        )
    }

    private func write(
        _ row: (some Encodable)?,
        node: String,
        id: String,
        table: String,
        _ encoder: JSONEncoder,
        _ db: Database
    ) throws {
        if let row {
            let statement = try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO \(table) (node, id, row) VALUES (?, ?, ?)"
            )
            try statement.execute(arguments: [node, id, try encoder.encode(row)])
        } else {
            let statement = try db.cachedStatement(
                sql: "DELETE FROM \(table) WHERE node = ? AND id = ?"
            )
            try statement.execute(arguments: [node, id])
        }
    }
}

// MARK: - Things with an id

extension FoldedRows {
    private func write(
        _ rows: [String: (some Encodable)?],
        table: String,
        _ encoder: JSONEncoder,
        _ db: Database
    ) throws {
        for (id, row) in rows {
            if let row {
                let statement = try db.cachedStatement(
                    sql: "INSERT OR REPLACE INTO \(table) (id, row) VALUES (?, ?)"
                )
                try statement.execute(arguments: [Data(id.utf8), try encoder.encode(row)])
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
                  (key, value, flags, session, lock_index, create_index, modify_index)
                  VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        )
        try statement.execute(
            arguments: [
                key, Data(entry.value.bytes), Int64(bitPattern: entry.flags), entry.session,
                Int64(bitPattern: entry.lockIndex), Int64(entry.createIndex),
                Int64(entry.modifyIndex),
            ]
        )
    }

    private static func entries(_ db: Database) throws -> [KeyValueEntry] {
        var entries: [KeyValueEntry] = []
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
            entries.append(entry)
        }
        return entries
    }

    /// All rows that were written.
    static func read(from db: Database) throws -> CatalogContents {
        let decoder = JSONDecoder()
        func rows<Row: Decodable>(_ table: String) throws -> [Row] {
            try Data.fetchAll(db, sql: "SELECT row FROM \(table)")
                .map { try decoder.decode(Row.self, from: $0) }
        }
        var contents = CatalogContents()
        contents.nodes = try rows("nodes")
        contents.instances = try rows("instances")
        contents.checks = try rows("checks")
        contents.entries = try entries(db)
        contents.sessions = try rows("sessions")
        contents.preparedQueries = try rows("prepared_queries")
        contents.accessPolicies = try rows("access_policies")
        contents.accessTokens = try rows("access_tokens")
        return contents
    }
}
