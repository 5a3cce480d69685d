internal import Foundation

/// Files of backups; `-` is standard input or output.
enum BackupFile {
    static func read(_ path: String) throws -> [UInt8] {
        do {
            return path == "-"
                ? [UInt8](try FileHandle.standardInput.readToEnd() ?? Data())
                : [UInt8](try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw CommandFailure.wrongUsage("\(path): \(error.localizedDescription)")
        }
    }

    /// Writes all of it or nothing; nobody else may read it, since it has the secrets of tokens.
    static func write(_ bytes: [UInt8], to path: String) throws {
        guard path != "-" else { return try FileHandle.standardOutput.write(contentsOf: bytes) }
        let unfinished = path + ".unfinished"
        do {
            guard
                FileManager.default.createFile(
                    atPath: unfinished,
                    contents: nil,
                    attributes: [.posixPermissions: 0o600]
                )
            else { throw CocoaError(.fileWriteUnknown) }
            let file = try FileHandle(forWritingTo: URL(filePath: unfinished))
            try file.write(contentsOf: bytes)
            try file.synchronize()
            try file.close()
            guard unsafe rename(unfinished, path) == 0 else { throw CocoaError(.fileWriteUnknown) }
        } catch {
            try? FileManager.default.removeItem(atPath: unfinished)
            throw CommandFailure.unsuccessful("\(path): \(error.localizedDescription)")
        }
    }
}
