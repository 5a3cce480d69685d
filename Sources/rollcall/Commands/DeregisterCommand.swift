internal import ArgumentParser
internal import RollcallClient

/// `rollcall deregister`: takes an instance out of the registry.
struct DeregisterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deregister",
        abstract: "Deregister an instance."
    )

    @Argument(help: "The instance's id.")
    var id: String

    @Flag(help: "Leave DNS at once, and return when it is safe to stop.")
    var drain = false

    @OptionGroup var registry: RegistryOptions

    mutating func run() async throws {
        let start = ContinuousClock.now
        try await Registration(try registry.server()).deregister(id, drain: drain)
        let waited = ContinuousClock.now - start
        guard !registry.json else {
            let output = DepartureOutput(
                instance_id: id,
                drained: drain,
                waited_milliseconds: waited.wholeMilliseconds
            )
            return TextOutput.printLine(try TextOutput.json(output))
        }
        let end = drain ? ", and no answer names it any more: safe to stop" : ""
        TextOutput.printLine("deregistered \(id)\(end)")
    }
}

/// What `deregister --json` prints.
private struct DepartureOutput: Encodable {
    var instance_id: String
    var drained: Bool
    var waited_milliseconds: Int64
}
