internal import Foundation
internal import ServiceCatalog

/// Puts a catalog together again whose files are damaged.
struct CatalogRecovery {
    /// What to begin with.
    private struct Base {
        var catalog: Catalog
        var position: UInt64
        var facts: [String: String]
        /// Nil: it is the rows, or nothing.
        var snapshot: SnapshotFile?
    }

    private let files: StoreFolder
    private let empty: Catalog
    private var causes: [String]
    private var mayMissMore: Bool

    /// When changes are missing whose number nobody knows, the index goes on so much higher: it
    /// must never be what some client has seen already.
    private static let skippedPositions: UInt64 = 1_000_000

    init(_ files: StoreFolder, _ empty: Catalog, causes: [String], mayMissMore: Bool) {
        self.files = files
        self.empty = empty
        self.causes = causes
        self.mayMissMore = mayMissMore
    }

    /// - Throws: `CatalogStoreError`.
    consuming func run() throws(CatalogStoreError) -> OpenedStore {
        do {
            let damaged = try DamagedFolder.setAside(files, now: Date())
            let copy = try damaged.makeCopy()
            guard let base = base(copy) else {
                damaged.removeCopy()
                try DamagedFolder.undoUnfinished(in: files)
                throw hopeless
            }
            var replay = Replay(catalog: base.catalog, position: base.position)
            let salvage = salvage(copy, onto: &replay)
            var position = replay.position
            if mayMissMore || salvage.missing > 0 { position += Self.skippedPositions }
            let facts = base.facts
            // First of all: from here on a further crash finds this.
            try files.snapshots.write(replay.catalog, facts: facts, position: position)
            let store = try CatalogStore(folder: files.path)
            try store.fill(with: replay.catalog, facts: facts, position: position)
            store.noteRunning()
            let recovery = StoreRecovery(
                causes: causes,
                folder: damaged.finalPath,
                snapshotDate: base.snapshot?.date,
                replayed: salvage.replayed,
                missing: salvage.missing,
                mayMissMore: mayMissMore
            )
            try damaged.finish(recovery)
            // The index of all that was restored is the one that it goes on from.
            var catalog = empty
            catalog.restore(replay.catalog.contents, index: position)
            return OpenedStore(
                store: store,
                catalog: catalog,
                position: position,
                recovery: recovery
            )
        } catch let error as CatalogStoreError {
            throw error
        } catch {
            throw CatalogStoreError(
                .corrupt,
                path: files.path,
                message: "the stored catalog is damaged and could not be set aside: \(error)"
            )
        }
    }

    private var hopeless: CatalogStoreError {
        CatalogStoreError(
            .corrupt,
            path: files.path,
            message: """
                the stored catalog is damaged (\(causes.joined(separator: "; "))) and there is no good \
                snapshot in \(files.snapshots.path); put back a backup of this folder, or move the \
                folder away to start empty and use `rollcall import`
                """
        )
    }

    /// The rows if they are whole, else the newest good snapshot.
    private mutating func base(_ copy: StoreFolder) -> Base? {
        var rows: Base?
        if StoreFolder.size(copy.rows) > 0 {
            do throws(CatalogStoreError) {
                let found = try CatalogStore.loadRows(of: copy, into: empty)
                // Without a position nothing was folded yet, or all of it is lost.
                if let position = found.position {
                    rows = Base(
                        catalog: found.catalog,
                        position: position,
                        facts: found.facts,
                        snapshot: nil
                    )
                }
            } catch {
                if !causes.contains(where: { $0.contains("rollcall.sqlite:") }) {
                    causes.append("rollcall.sqlite: \(error.message)")
                }
            }
        }
        let (found, damaged) = files.snapshots.newestGood(empty)
        causes += damaged
        if let found, found.file.position > rows?.position ?? 0 {
            return Base(
                catalog: found.catalog,
                position: found.file.position,
                facts: found.facts,
                snapshot: found.file
            )
        }
        if let rows { return rows }
        // A journal from its beginning needs nothing else.
        let first = (try? Journal.firstPosition(path: copy.journal)) ?? nil
        return first == 1
            ? Base(catalog: empty, position: 0, facts: [:], snapshot: nil) : nil
    }

    private mutating func salvage(
        _ copy: StoreFolder,
        onto replay: inout Replay
    ) -> (replayed: Int, missing: Int) {
        guard StoreFolder.size(copy.journal) > 0 else {
            mayMissMore = true
            return (0, 0)
        }
        do throws(CatalogStoreError) {
            let journal = try Journal(path: copy.journal)
            let result = try journal.salvage(onto: &replay)
            try? journal.close()
            if let trouble = result.trouble {
                mayMissMore = mayMissMore || result.isCut
                if !causes.contains(where: { $0.contains(trouble) }) {
                    causes.append("rollcall-journal.sqlite: \(trouble)")
                }
            }
            return (result.replayed, result.missing)
        } catch {
            mayMissMore = true
            if !causes.contains(where: { $0.contains(error.message) }) {
                causes.append("rollcall-journal.sqlite: \(error.message)")
            }
            return (0, 0)
        }
    }
}
