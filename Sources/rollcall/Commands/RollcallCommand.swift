internal import ArgumentParser

/// `rollcall`: the root of the subcommands.
struct RollcallCommand: AsyncParsableCommand {
    /// Grows with each release.
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "rollcall",
        abstract: "A DNS server whose zones are a live registry of services.",
        version: "rollcall \(version)",
        subcommands: [
            ServeCommand.self, RegisterCommand.self, DeregisterCommand.self, ServicesCommand.self,
            InstancesCommand.self, WatchCommand.self, QueryCommand.self, CheckConfigCommand.self,
            CheckZoneCommand.self, CheckSandboxCommand.self, ExportCommand.self, ImportCommand.self,
            SnapshotCommand.self, ClusterCommand.self,
        ]
    )
}
