internal import ArgumentParser
internal import RollcallClient

/// `rollcall instances`: lists the instances of a service.
struct InstancesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "instances",
        abstract: "List the instances of a service."
    )

    @Argument(help: "The service's name.")
    var service: String

    @Flag(help: "Only instances whose checks all pass.")
    var passing = false

    @Option(help: "Only instances with this tag.")
    var tag: String?

    @OptionGroup var registry: RegistryOptions

    mutating func run() async throws {
        let found = try await Discovery(try registry.server())
            .instances(of: service, passingOnly: passing, tag: tag).instances
        if registry.json { TextOutput.printLine(try TextOutput.json(found)) }
        guard !found.isEmpty else {
            throw CommandFailure.unsuccessful("no such instance of \(service)")
        }
        if !registry.json { TextOutput.printLine(Self.text(found)) }
    }

    /// One row an instance; a failing one is followed by what its checks say.
    static func text(_ instances: [ServiceInstance]) -> String {
        let rows = instances.map { instance in
            let troubles = instance.checks.filter { $0.status != "passing" }
                .map { "\($0.name): \(RawValue.oneLine($0.output))" }
            return [
                instance.id, instance.node, address(of: instance), state(of: instance),
                instance.tags.joined(separator: ","), troubles.joined(separator: "; "),
            ]
        }
        return TextOutput.table([["ID", "NODE", "ADDRESS", "HEALTH", "TAGS", "CHECKS"]] + rows)
    }

    /// The health, and whether it is on its way out.
    static func state(of instance: ServiceInstance) -> String {
        instance.draining ? "\(instance.health.rawValue) draining" : instance.health.rawValue
    }

    static func address(of instance: ServiceInstance) -> String {
        address(instance.host, instance.port)
    }

    /// A host with its port; IPv6 in brackets then.
    static func address(_ host: String, _ port: Int) -> String {
        guard port > 0 else { return host }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
