internal import Foundation

/// The files of a data folder: what should be there, and signs that something was lost.
struct StoreFolder: Sendable {
    /// What the last process on the folder left behind.
    enum State: String {
        /// It may have been killed: its journal has a log beside it.
        case running
        /// It closed its files, or was about to: the journal may have a log beside it or none.
        case stopped
    }

    let path: String

    var rows: String { path + "/rollcall.sqlite" }
    var journal: String { path + "/rollcall-journal.sqlite" }
    var snapshots: SnapshotFolder { SnapshotFolder(dataFolder: path) }

    private var statePath: String { path + "/rollcall.state" }

    /// What SQLite keeps beside a file, the file included.
    static let suffixes = ["", "-wal", "-shm"]

    /// Nil: nobody used the folder yet, or an older version did.
    var state: State? {
        guard let data = FileManager.default.contents(atPath: statePath) else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        // A text that is damaged too: the careful reading.
        return State(rawValue: text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? .stopped
    }

    func note(_ state: State) {
        // Without it only less is noticed after a crash.
        let unfinished = statePath + ".unfinished"
        let data = Data((state.rawValue + "\n").utf8)
        guard FileManager.default.createFile(atPath: unfinished, contents: data) else { return }
        try? FolderSync.rename(unfinished, to: statePath)
    }

    /// What is missing or torn, for people; looked for before SQLite tidies up.
    func signsOfLoss() -> [String] {
        guard let state else {
            let isEmpty = Self.size(rows) == 0 && Self.size(journal) == 0
            return isEmpty && !snapshots.files.isEmpty ? ["the stored catalog is missing"] : []
        }
        var signs: [String] = []
        if Self.size(rows) == 0 { signs.append("rollcall.sqlite is missing or empty") }
        if Self.size(journal) == 0 {
            signs.append("rollcall-journal.sqlite is missing or empty")
        } else if state == .running, Self.size(journal + "-wal") < WriteAheadLog.headBytes {
            signs.append("rollcall-journal.sqlite-wal is missing or empty")
        } else if WriteAheadLog(path: journal + "-wal").isDamagedInside {
            signs.append("rollcall-journal.sqlite-wal is damaged")
        }
        return signs
    }

    /// 0 also for what is not there; a folder in a file's place has some.
    static func size(_ path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? Int) ?? 0
    }
}
