internal import Foundation

/// Runs programs that users run: dig, drill, kdig, curl, python3, rollcall.
package enum CommandLineClient {
    /// What a program printed and how it ended.
    package struct Result: Sendable, CustomStringConvertible {
        package var command: String
        package var end: ChildProcess.End
        package var output: String
        package var errors: String

        /// The lines of standard output that are not empty.
        package var lines: [String] {
            output.split(separator: "\n").map(String.init)
        }

        package var succeeded: Bool { end == .exit(0) }

        package var description: String {
            "\(command)\n→ \(end)\n\(output)\(errors.isEmpty ? "" : "stderr: \(errors)")"
        }
    }

    /// Runs `command` to its end.
    package static func run(
        _ command: [String],
        environment: [String: String]? = nil,
        folder: String? = nil,
        within limit: Duration = .seconds(20)
    ) async throws -> Result {
        let process = try ChildProcess(command, environment: environment, folder: folder)
        let end = try await process.untilEnd(within: limit)
        return Result(
            command: process.name,
            end: end,
            output: process.output,
            errors: process.errors
        )
    }
}
