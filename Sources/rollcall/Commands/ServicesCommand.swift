internal import ArgumentParser
internal import RollcallClient

/// `rollcall services`: lists the services and their tags.
struct ServicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "services",
        abstract: "List the services and their tags."
    )

    @OptionGroup var registry: RegistryOptions

    mutating func run() async throws {
        let services = try await Discovery(try registry.server()).services()
        guard !registry.json else {
            return TextOutput.printLine(try TextOutput.json(services))
        }
        guard !services.isEmpty else { throw CommandFailure.unsuccessful("no services yet") }
        let rows = services.sorted { $0.key < $1.key }.map {
            [$0.key, $0.value.sorted().joined(separator: ",")]
        }
        TextOutput.printLine(TextOutput.table([["SERVICE", "TAGS"]] + rows))
    }
}
