package import Foundation

/// Files that tests read, shared by all suites.
package enum Fixtures {
    /// The repository's top folder.
    package static let repository = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// `path` below `Tests/Fixtures`.
    package static func url(_ path: String) -> URL {
        repository.appending(path: "Tests/Fixtures").appending(path: path)
    }
}
