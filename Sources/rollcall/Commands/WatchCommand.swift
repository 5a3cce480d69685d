internal import ArgumentParser
internal import RollcallClient

/// `rollcall watch`: prints a line for each change of a service.
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Follow the instances of a service."
    )

    @Argument(help: "The service's name.")
    var service: String

    @OptionGroup var registry: RegistryOptions

    mutating func run() async throws {
        var before: [ServiceInstance] = []
        for try await state in Watch(of: service, on: try registry.server()) {
            if registry.json {
                let output = StateOutput(index: state.index, instances: state.instances)
                TextOutput.printLine(try TextOutput.json(output, inOneLine: true))
            } else {
                for line in Self.changes(from: before, to: state.instances, at: state.index) {
                    TextOutput.printLine(line)
                }
            }
            before = state.instances
        }
    }

    /// One line for each instance that came, went or changed.
    static func changes(
        from before: [ServiceInstance],
        to after: [ServiceInstance],
        at index: UInt64
    ) -> [String] {
        func key(_ instance: ServiceInstance) -> [String] { [instance.node, instance.id] }
        let old = Dictionary(before.map { (key($0), $0) }, uniquingKeysWith: { $1 })
        let new = Set(after.map(key))
        let gone = before.filter { !new.contains(key($0)) }.map { "- \($0.id)" }
        let others = after.compactMap { instance -> String? in
            let text = "\(instance.id) \(InstancesCommand.address(of: instance))"
            let state = InstancesCommand.state(of: instance)
            guard let previous = old[key(instance)] else { return "+ \(text) \(state)" }
            guard previous != instance else { return nil }
            let before = InstancesCommand.state(of: previous)
            return "~ \(text) " + (before == state ? state : "\(before) -> \(state)")
        }
        return (gone + others).map { "\(index) \($0)" }
    }
}

/// What `watch --json` prints for each state.
private struct StateOutput: Encodable {
    var index: UInt64
    var instances: [ServiceInstance]
}
