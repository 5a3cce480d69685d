internal import Foundation
package import ServiceCatalog

/// A store that is ready for changes, with what it held.
package struct OpenedStore: Sendable {
    package var store: CatalogStore
    package var catalog: Catalog
    /// Of the last change in the order.
    package var position: UInt64
    /// Nil: nothing was wrong.
    package var recovery: StoreRecovery?
}

extension CatalogStore {
    /// Opens or creates the store in `folder` and reads it; what is damaged is set aside, and the
    /// last good snapshot with what is left of the journal takes its place.
    ///
    /// - Throws: `CatalogStoreError`; with `.corrupt` when there is nothing to restore it from.
    package static func open(
        folder: String,
        datacenter: String,
        limits: CatalogLimits
    ) throws(CatalogStoreError) -> OpenedStore {
        let files = StoreFolder(path: folder)
        do {
            try DamagedFolder.undoUnfinished(in: files)
        } catch {
            throw CatalogStoreError(.unreachable, path: folder, message: "\(error)")
        }
        let signs = files.signsOfLoss()
        let empty = Catalog(datacenter: datacenter, limits: limits)
        guard signs.isEmpty else {
            // Nobody else may be using the files that are moved.
            try CatalogStore.checkNotInUse(files)
            return try CatalogRecovery(files, empty, causes: signs, mayMissMore: true).run()
        }
        do throws(CatalogStoreError) {
            let store = try CatalogStore(folder: folder)
            let found: (catalog: Catalog, position: UInt64)
            do throws(CatalogStoreError) {
                found = try store.load(datacenter: datacenter, limits: limits)
            } catch {
                try? store.close()
                throw error
            }
            store.noteRunning()
            return OpenedStore(store: store, catalog: found.catalog, position: found.position)
        } catch  where error.code == .corrupt {
            let causes = [error.description]
            return try CatalogRecovery(files, empty, causes: causes, mayMissMore: false).run()
        }
    }

    /// What happened to this folder that nobody has acknowledged yet.
    package static func recoveryReports(in folder: String) -> [RecoveryReport] {
        DamagedFolder.reports(in: folder)
    }

    /// - Throws: `CatalogStoreError` with `.inUse`.
    private static func checkNotInUse(_ files: StoreFolder) throws(CatalogStoreError) {
        for path in [files.rows, files.journal] where StoreFolder.size(path) > 0 {
            guard StoreFile(path: path).isInUse else { continue }
            throw StoreFile(path: path).inUse
        }
    }
}
