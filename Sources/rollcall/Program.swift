internal import ArgumentParser
internal import Foundation
internal import RollcallClient

/// The program: runs a subcommand and turns what it throws into one line and an exit status.
@main
enum Program {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let isServer = arguments.first == "serve"
        if isServer { Confinement.prepareMainThread() }
        // There is no other way from here to what is async; it ends with the process.
        Task.detached { exit(await run(arguments)) }
        if isServer { Confinement.parkMainThread() } else { dispatchMain() }
    }

    /// Runs the subcommand that `arguments` name; off the main actor, where everything else lives
    /// too.
    nonisolated private static func run(_ arguments: [String]) async -> Int32 {
        do {
            var command = try RollcallCommand.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return 0
        } catch {
            let report = FailureReport(error)
            if !report.output.isEmpty { print(report.output) }
            if let line = report.errorLine {
                FileHandle.standardError.write(Data("rollcall: \(line)\n".utf8))
            }
            return report.exitStatus
        }
    }
}
