internal import Foundation
internal import GRDB
internal import ServiceCatalog

/// Applies a journal to the catalog that the rows made.
struct Replay {
    private(set) var catalog: Catalog
    /// The last change that was applied, or is in the rows.
    private(set) var position: UInt64
    /// What the changes did.
    private(set) var unfolded = FoldedRows()
    private let decoder = JSONDecoder()

    init(catalog: consuming Catalog, position: UInt64) {
        self.catalog = catalog
        self.position = position
    }

    /// Applies the changes of `db` that the rows do not have yet.
    ///
    /// - Throws: `DatabaseError`, or `RowError` for a row that cannot be read or that does not
    ///   follow the one before it, unless the journal `mayHaveGaps`.
    mutating func run(from db: Database, mayHaveGaps: Bool) throws {
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT position, change FROM journal ORDER BY position"
        )
        var reader = ByteReader()
        while let row = try rows.next() {
            let first = UInt64(row[0] as Int64)
            do {
                guard mayHaveGaps || first <= position + 1 else {
                    throw Gap(last: position)
                }
                try row.withUnsafeData(atIndex: 1) { data in
                    try apply(data ?? Data(), from: first, &reader)
                }
            } catch {
                throw RowError(table: "journal", key: "\(first)", cause: error)
            }
        }
    }

    private mutating func apply(
        _ group: Data,
        from first: UInt64,
        _ reader: inout ByteReader
    ) throws {
        unsafe group.withUnsafeBytes { unsafe reader.load($0) }
        var next = first
        var count = 0
        try ChangeGroup.forEach(in: &reader, decoder) { change in
            defer { next += 1 }
            guard next > position else { return }
            count += 1
            // A change that was refused when it was made is refused again.
            guard let delta = try? catalog.apply(change, at: next) else { return }
            for event in delta.events { unfolded.add(event) }
        }
        position = max(position, next - 1)
        unfolded.cover(changes: count, bytes: group.count, upTo: position)
    }

    /// The files do not belong together.
    private struct Gap: Error, CustomStringConvertible {
        var last: UInt64

        var description: String {
            """
            changes are missing after \(last), so rollcall.sqlite is older than its journal; put back \
            the one that belongs to the other, or move both away to start empty
            """
        }
    }
}
