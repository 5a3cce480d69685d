internal import ArgumentParser
internal import Foundation
internal import RegistryAPI
internal import RollcallClient

/// `rollcall import`: what `export` wrote, or registrations, one a line.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Put an export back, or register what the lines of a file say.",
        discussion: """
            An export takes the place of everything that the server holds; registrations in JSON, one a \
            line, are added to it.
            """
    )

    @Argument(help: "The file; - for standard input.")
    var file: String

    @OptionGroup var registry: RegistryOptions

    mutating func run() async throws {
        let server = try registry.server()
        let bytes = try BackupFile.read(file)
        guard !SnapshotFile.isOne(bytes) else {
            let summary = try BackupSummary(bytes, path: file)
            try await server.restoreSnapshot(bytes)
            return TextOutput.printLine(try summary.printed(asJSON: registry.json))
        }
        let report = try await server.importRegistrations(bytes)
        if registry.json {
            let line = String(decoding: report, as: UTF8.self)
            TextOutput.printLine(line.trimmingCharacters(in: .newlines))
        }
        let result = try JSONDecoder().decode(Report.self, from: Data(report))
        if !registry.json { for line in result.lines { TextOutput.printLine(line) } }
        guard result.failed == 0 else { throw CommandFailure.unsuccessful(nil) }
    }

    /// What became of the lines, as the server tells it.
    struct Report: Decodable {
        struct Failure: Decodable {
            var line: Int
            var field: String?
            var error: String

            var text: String {
                let reason = field.map { error.contains($0) ? error : "\($0): \(error)" } ?? error
                return "line \(line): \(reason)"
            }
        }

        var imported: Int
        var failed: Int
        var errors: [Failure]

        private static let shownMax = 20

        /// For people: the numbers, and why the first lines were refused.
        var lines: [String] {
            let shown = errors.prefix(Self.shownMax).map(\.text)
            let more = failed - shown.count
            return ["\(imported) registered, \(failed) refused"] + shown
                + (more > 0 ? ["and \(more) more"] : [])
        }
    }
}
