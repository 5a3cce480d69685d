internal import Foundation
internal import GRDB

extension Journal {
    /// What was found in a damaged journal.
    struct Salvage {
        var replayed = 0
        /// Changes between those that were found.
        var missing = 0
        /// The first thing that was wrong.
        var trouble: String?
        /// True when its end could not be read.
        var isCut = false
    }

    /// Applies every group that is whole, whatever is wrong with the others.
    ///
    /// - Throws: `CatalogStoreError` when nothing of it can be read.
    func salvage(onto replay: inout Replay) throws(CatalogStoreError) -> Salvage {
        var salvage = Salvage()
        do {
            try read { db in
                for position in positions(db, &salvage) {
                    do {
                        guard
                            let group = try Data.fetchOne(
                                db,
                                sql: "SELECT change FROM journal WHERE position = ?",
                                arguments: [position]
                            )
                        else { continue }
                        let before = replay.position
                        let first = UInt64(bitPattern: position)
                        let applied = try replay.applyAfterGap(group, from: first)
                        salvage.replayed += applied
                        if applied > 0, first > before + 1 {
                            salvage.missing += Int(clamping: first - before - 1)
                        }
                    } catch {
                        salvage.trouble = salvage.trouble ?? "row \(position): \(error)"
                        salvage.isCut = true
                    }
                }
            }
        } catch {
            throw translate(error)
        }
        return salvage
    }

    /// The positions of all groups that can be reached, from either end.
    private func positions(_ db: Database, _ salvage: inout Salvage) -> [Int64] {
        var found: [Int64] = []
        var fromEnd: [Int64] = []
        do {
            let rows = try Int64.fetchCursor(
                db,
                sql: "SELECT position FROM journal ORDER BY position"
            )
            while let position = try rows.next() { found.append(position) }
            return found
        } catch {
            salvage.trouble = "\(error)"
            salvage.isCut = true
        }
        do {
            let rows = try Int64.fetchCursor(
                db,
                sql: "SELECT position FROM journal WHERE position > ? ORDER BY position DESC",
                arguments: [found.last ?? 0]
            )
            while let position = try rows.next() { fromEnd.append(position) }
        } catch {
            salvage.isCut = true
        }
        return found + fromEnd.reversed()
    }

    /// The position of the first group in the file at `path`; nil when it is empty.
    ///
    /// - Throws: `CatalogStoreError`.
    static func firstPosition(path: String) throws(CatalogStoreError) -> UInt64? {
        guard StoreFolder.size(path) > 0 else { return nil }
        let journal = try Journal(path: path)
        defer { try? journal.close() }
        do {
            return try journal.read { db in
                try Int64.fetchOne(db, sql: "SELECT min(position) FROM journal")
                    .map { UInt64(bitPattern: $0) }
            }
        } catch {
            throw journal.translate(error)
        }
    }
}
