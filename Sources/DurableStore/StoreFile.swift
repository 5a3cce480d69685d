internal import Foundation
internal import GRDB

/// How a file of the store is opened, and what its errors mean.
struct StoreFile {
    /// 2 added keys, sessions, prepared queries, access policies and access tokens; 3 the compact
    /// form of rows and changes, and the journal in a file of its own; 4 their checksums.
    static let formatVersion = 4

    /// How long an opening waits for another process that has the file locked, such as a program
    /// that looks into it or a server that is about to end.
    private static let lockWaitSeconds = 3.0

    var path: String

    /// Opens or creates the file and its tables; `settings` are more of SQLite's settings.
    ///
    /// - Throws: `CatalogStoreError`.
    func open(
        settings: [String],
        tables: String
    ) throws(CatalogStoreError) -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .timeout(Self.lockWaitSeconds)
        configuration.prepareDatabase { db in
            // Exclusive: a second process on the same folder fails instead of interleaving.
            try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            // A commit returns when the log has reached the disk: survives power loss.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            // What one large commit made of SQLite's own log is given back.
            try db.execute(sql: "PRAGMA journal_size_limit = 16777216")
            // Damage inside a page is found when the page is read.
            try db.execute(sql: "PRAGMA cell_size_check = ON")
            for setting in settings { try db.execute(sql: "PRAGMA \(setting)") }
        }
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.write { db in
                let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
                guard version <= Self.formatVersion else {
                    throw CatalogStoreError(
                        .unknownFormat,
                        path: path,
                        message:
                            "format \(version) is newer than this program's \(Self.formatVersion)"
                    )
                }
                try db.execute(sql: tables)
                try db.execute(sql: "PRAGMA user_version = \(Self.formatVersion)")
            }
            return queue
        } catch {
            throw translate(error)
        }
    }

    /// What `error` means for somebody who runs a server.
    func translate(_ error: any Error) -> CatalogStoreError {
        switch error {
        case let error as CatalogStoreError: error
        case let error as DatabaseError: translate(error)
        default: CatalogStoreError(.corrupt, path: path, message: "unreadable row: \(error)")
        }
    }

    private func translate(_ error: DatabaseError) -> CatalogStoreError {
        let detail = error.message ?? "\(error.resultCode)"
        return switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED: inUse
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            CatalogStoreError(
                .unreachable,
                path: path,
                message: "the stored catalog cannot be opened: \(detail)"
            )
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            CatalogStoreError(
                .corrupt,
                path: path,
                message: "the stored catalog is damaged (\(detail))"
            )
        default:
            CatalogStoreError(.writeFailed, path: path, message: detail)
        }
    }
}

// MARK: - Other processes

extension StoreFile {
    /// Which files stand under the path and beside it now.
    var identities: [FileIdentity?] { [FileIdentity(path), FileIdentity(path + "-wal")] }

    /// Makes sure that what was written is where the next start looks for it.
    ///
    /// Why: a file that was removed or replaced is written on as if nothing had happened.
    /// - Throws: `CatalogStoreError` with `.writeFailed` when `opened` are not there any more.
    func checkStillThere(_ opened: [FileIdentity?]) throws(CatalogStoreError) {
        guard identities != opened else { return }
        throw CatalogStoreError(
            .writeFailed,
            path: path,
            message: """
                \(path) was removed or replaced while the server uses it; save what the server has \
                with `rollcall export`, stop it, and put the folder in order
                """
        )
    }

    var inUse: CatalogStoreError {
        CatalogStoreError(
            .inUse,
            path: path,
            message:
                "another process has the stored catalog open; stop it or use another data folder"
        )
    }

    /// True when another process holds one of SQLite's locks on the file.
    ///
    /// Only for files that this process has not opened: closing one gives up the locks on it.
    var isInUse: Bool {
        let descriptor = unsafe Foundation.open(path, O_RDWR)
        guard descriptor >= 0 else { return false }
        defer { Foundation.close(descriptor) }
        // The bytes that SQLite locks, whatever is in the file.
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = 0x4000_0000
        lock.l_len = 512
        guard unsafe fcntl(descriptor, F_GETLK, &lock) == 0 else { return false }
        return lock.l_type != Int16(F_UNLCK)
    }
}
