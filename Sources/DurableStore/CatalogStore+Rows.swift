internal import GRDB
internal import ServiceCatalog

/// Reading and filling the file of rows.
extension CatalogStore {
    /// Looks at the structure of a file: pages, and what they refer to.
    ///
    /// Why: a page that says that it has fewer rows than it had is read without an error.
    static func check(_ db: Database) throws {
        let finding = try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? "no answer"
        guard finding == "ok" else {
            let line = finding.split(whereSeparator: \.isNewline).joined(separator: " ")
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: line)
        }
    }

    /// Fills `catalog` with the rows; position nil: nothing was ever folded.
    ///
    /// - Throws: `DatabaseError` or `RowError`.
    static func read(
        _ rows: DatabaseQueue,
        into catalog: consuming Catalog
    ) throws -> (catalog: Catalog, position: UInt64?) {
        let position = try rows.read { db in
            try check(db)
            return try StoredPosition.read(from: db)
        }
        let parts = StoredParts()
        rows.asyncRead { opened in
            do {
                var stored = StoredRows(try opened.get())
                stored.readAll(into: parts)
            } catch {
                parts.put(.failed(error))
            }
        }
        return (try parts.restore(catalog, index: position ?? 0), position)
    }

    /// Reads the rows in `folder`, whatever its journal says.
    ///
    /// - Throws: `CatalogStoreError`.
    static func loadRows(
        of folder: StoreFolder,
        into catalog: Catalog
    ) throws(CatalogStoreError) -> (
        catalog: Catalog, position: UInt64?, facts: [String: String]
    ) {
        let file = StoreFile(path: folder.rows)
        let rows = try openRows(file)
        defer { try? rows.close() }
        do {
            let (catalog, position) = try read(rows, into: catalog)
            return (catalog, position, try rows.read { try namedFacts($0) })
        } catch {
            throw file.translate(error)
        }
    }

    /// All facts but those of the rows themselves.
    static func namedFacts(_ db: Database) throws -> [String: String] {
        var facts: [String: String] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT name, value FROM facts") {
            guard let name = row[0] as String?, let value = row[1] as String?,
                !name.hasPrefix("position")
            else { continue }
            facts[name] = value
        }
        return facts
    }
}

extension FoldedRows {
    /// Things that are written together.
    private static let partMax = 4_096

    /// Writes a whole catalog as of `position` to a file without rows, part by part.
    static func write(_ catalog: Catalog, position: UInt64, to db: Database) throws {
        var rows = FoldedRows()
        rows.cover(changes: 1, bytes: 0, upTo: position)
        let empty = rows
        func flush(atLeast count: Int) throws {
            guard rows.count >= count else { return }
            try rows.write(to: db)
            rows = empty
        }
        let nodes = catalog.nodes
        for node in nodes {
            rows.add(.node(old: nil, new: node))
            try flush(atLeast: partMax)
        }
        for node in nodes {
            for instance in catalog.instances(onNode: node.name) {
                rows.add(.instance(old: nil, new: instance))
                try flush(atLeast: partMax)
            }
            for check in catalog.checks(onNode: node.name) {
                rows.add(.check(old: nil, new: check))
                try flush(atLeast: partMax)
            }
        }
        for entry in catalog.entries {
            rows.add(.keyValue(old: nil, new: entry))
            try flush(atLeast: partMax)
        }
        for session in catalog.sessions { rows.add(.session(old: nil, new: session)) }
        for query in catalog.preparedQueries { rows.add(.preparedQuery(old: nil, new: query)) }
        for policy in catalog.accessPolicies { rows.add(.accessPolicy(old: nil, new: policy)) }
        for token in catalog.accessTokens { rows.add(.accessToken(old: nil, new: token)) }
        try flush(atLeast: 0)
    }
}
