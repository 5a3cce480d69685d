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
        if !registry.json {
            TextOutput.printLine("\(result.imported) registered, \(result.failed) refused")
        }
        guard result.failed == 0 else {
            let first = result.errors.first.map { "line \($0.line): \($0.error)" }
            throw CommandFailure.unsuccessful(first)
        }
    }

    private struct Report: Decodable {
        struct Failure: Decodable {
            var line: Int
            var error: String
        }

        var imported: Int
        var failed: Int
        var errors: [Failure]
    }
}
