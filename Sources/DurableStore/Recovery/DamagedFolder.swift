internal import Foundation

/// Where damaged files are set aside: a folder of the data folder, whose name has the time.
///
/// Until all is in place again its name ends in `.unfinished`; a start that finds such a one puts
/// the files back and begins anew, so that a crash in between loses nothing either.
struct DamagedFolder {
    private static let prefix = "damaged-"
    private static let unfinished = ".unfinished"
    private static let reportName = "report.txt"
    /// An empty file that is there when changes are missing, or may be.
    private static let staleName = "changes-missing"

    private let store: StoreFolder
    /// Its path while it is filled.
    let path: String

    /// Where it will be.
    var finalPath: String { String(path.dropLast(Self.unfinished.count)) }

    private init(_ store: StoreFolder, path: String) {
        self.store = store
        self.path = path
    }

    /// Moves the files of `store` into a new folder.
    ///
    /// - Throws: what the file system says.
    static func setAside(_ store: StoreFolder, now: Date) throws -> DamagedFolder {
        let time = now.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
        var name = store.path + "/" + prefix + time
        var number = 1
        while FileManager.default.fileExists(atPath: name) {
            number += 1
            name = store.path + "/" + prefix + time + "-\(number)"
        }
        let folder = DamagedFolder(store, path: name + unfinished)
        try FileManager.default.createDirectory(
            atPath: folder.path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o750]
        )
        for file in folder.files {
            guard FileManager.default.fileExists(atPath: file.original) else { continue }
            try FileManager.default.moveItem(atPath: file.original, toPath: file.aside)
        }
        // From here on the files in the data folder are new ones.
        try Data().write(to: URL(filePath: folder.path + "/complete"))
        FolderSync.synchronize(folder.path)
        FolderSync.synchronize(store.path)
        return folder
    }

    /// Puts back what a recovery set aside that never ended.
    ///
    /// - Throws: what the file system says.
    static func undoUnfinished(in store: StoreFolder) throws {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: store.path)) ?? []
        for name in names where name.hasPrefix(prefix) && name.hasSuffix(unfinished) {
            let folder = DamagedFolder(store, path: store.path + "/" + name)
            if FileManager.default.fileExists(atPath: folder.path + "/complete") {
                for file in folder.files {
                    try? FileManager.default.removeItem(atPath: file.original)
                }
            }
            for file in folder.files where FileManager.default.fileExists(atPath: file.aside) {
                try FileManager.default.moveItem(atPath: file.aside, toPath: file.original)
            }
            try FileManager.default.removeItem(atPath: folder.path)
        }
    }

    /// A copy of the files to be read, since reading changes them.
    ///
    /// - Throws: what the file system says.
    func makeCopy() throws -> StoreFolder {
        let copy = StoreFolder(path: path + "/copy")
        try FileManager.default.createDirectory(
            atPath: copy.path,
            withIntermediateDirectories: true
        )
        for file in files where FileManager.default.fileExists(atPath: file.aside) {
            let name = URL(filePath: file.aside).lastPathComponent
            try FileManager.default.copyItem(atPath: file.aside, toPath: copy.path + "/" + name)
        }
        return copy
    }

    func removeCopy() { try? FileManager.default.removeItem(atPath: path + "/copy") }

    /// Notes that all is in place again.
    ///
    /// - Throws: what the file system says.
    func finish(_ recovery: StoreRecovery) throws {
        removeCopy()
        try? FileManager.default.removeItem(atPath: path + "/complete")
        try Data((recovery.description + "\n").utf8)
            .write(to: URL(filePath: path + "/" + Self.reportName))
        if recovery.mayBeStale {
            try Data().write(to: URL(filePath: path + "/" + Self.staleName))
        }
        try FolderSync.rename(path, to: finalPath)
    }

    /// The reports of all folders that are still there, the newest last.
    static func reports(in dataFolder: String) -> [RecoveryReport] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: dataFolder)) ?? []
        return names.filter { $0.hasPrefix(prefix) && !$0.hasSuffix(unfinished) }.sorted()
            .compactMap { name in
                let folder = dataFolder + "/" + name
                return FileManager.default.contents(atPath: folder + "/" + reportName).map { text in
                    RecoveryReport(
                        text: String(decoding: text, as: UTF8.self)
                            .trimmingCharacters(in: .whitespacesAndNewlines),
                        mayBeStale: FileManager.default.fileExists(
                            atPath: folder + "/" + staleName
                        )
                    )
                }
            }
    }

    private var files: [(original: String, aside: String)] {
        [store.rows, store.journal].flatMap { file in
            StoreFolder.suffixes.map { suffix in
                let name = URL(filePath: file).lastPathComponent + suffix
                return (store.path + "/" + name, path + "/" + name)
            }
        }
    }
}
