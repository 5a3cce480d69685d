internal import Foundation

/// Why a file's text is not to be had.
struct FileReadFailure: Error, Hashable, Sendable {
    var problem: String
}

/// The UTF-8 text of the file at `path`.
func readTextFile(_ path: String) throws(FileReadFailure) -> String {
    let data: Data
    do {
        data = try Data(contentsOf: URL(filePath: path))
    } catch {
        var isDirectory: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw FileReadFailure(problem: "no such file")
        }
        throw FileReadFailure(
            problem: isDirectory.boolValue ? "is a folder, not a file" : "cannot be read"
        )
    }
    guard let text = String(validating: data, as: UTF8.self) else {
        throw FileReadFailure(problem: "is not UTF-8 text")
    }
    return text
}
