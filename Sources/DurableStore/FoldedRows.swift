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

    var isEmpty: Bool { nodes.isEmpty && instances.isEmpty && checks.isEmpty }

    /// How many rows would be written.
    var count: Int { nodes.count + instances.count + checks.count }

    /// Takes over the last state of all that `delta` touched.
    mutating func add(_ delta: CatalogDelta) {
        for event in delta.events {
            switch event {
            case .node(let old, let new):
                guard let name = (new ?? old)?.name else { continue }
                nodes[Catalog.fold(name)] = .some(new)
            case .instance(let old, let new):
                guard let key = (new ?? old)?.key else { continue }
                let filed = InstanceKey(node: Catalog.fold(key.node), id: key.id)
                instances[filed] = .some(new)
            case .check(let old, let new):
                guard let key = (new ?? old)?.key else { continue }
                checks[CheckKey(node: Catalog.fold(key.node), id: key.id)] = .some(new)
            case .keyValue, .session, .preparedQuery, .accessPolicy, .accessToken: continue
            }
        }
        position = max(position, delta.index)
    }

    /// Takes over the rows of `later`, which are newer.
    mutating func merge(_ later: FoldedRows) {
        nodes.merge(later.nodes) { $1 }
        instances.merge(later.instances) { $1 }
        checks.merge(later.checks) { $1 }
        position = max(position, later.position)
    }

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
