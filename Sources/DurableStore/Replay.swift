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
            // What the rows have is kept for the snapshot only; a group may begin in them.
            sql: """
                SELECT position, change FROM journal WHERE position >= coalesce(
                  (SELECT max(position) FROM journal WHERE position <= ?), 0) ORDER BY position
                """,
            arguments: [Int64(clamping: position) &+ 1]
        )
        var reader = ByteReader()
        while let row = try rows.next() {
            let first = UInt64(bitPattern: row[0] as Int64)
            do {
                guard mayHaveGaps || first <= position + 1 else {
                    throw Gap(last: position)
                }
                try row.withUnsafeData(atIndex: 1) { data in
                    _ = try apply(data ?? Data(), from: first, &reader)
                }
            } catch {
                throw RowError(table: "journal", key: "\(first)", cause: error)
            }
        }
    }

    /// Applies a group whatever is missing before it; returns how many of its changes were new.
    ///
    /// - Throws: what is wrong with the group; nothing of it was applied then.
    mutating func applyAfterGap(_ group: Data, from first: UInt64) throws -> Int {
        guard first < 1 << 62 else { throw CompactFormError.invalid(what: "position", at: 0) }
        var reader = ByteReader()
        // Groups of old formats have no checksum: half of one must not be applied.
        unsafe try group.withUnsafeBytes { group in
            unsafe try ChangeGroup.forEach(in: group, at: first, &reader, decoder) { _ in }
        }
        return try apply(group, from: first, &reader)
    }

    private mutating func apply(
        _ group: Data,
        from first: UInt64,
        _ reader: inout ByteReader
    ) throws -> Int {
        var next = first
        var count = 0
        unsafe try group.withUnsafeBytes { group in
            unsafe try ChangeGroup.forEach(in: group, at: first, &reader, decoder) { change in
                defer { next &+= 1 }
                guard next > position else { return }
                count += 1
                // A change that was refused when it was made is refused again.
                guard let delta = try? catalog.apply(change, at: next) else { return }
                for event in delta.events { unfolded.add(event) }
            }
        }
        position = max(position, next &- 1)
        unfolded.cover(changes: count, bytes: group.count, upTo: position)
        return count
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
