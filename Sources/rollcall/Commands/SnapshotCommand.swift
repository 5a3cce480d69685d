internal import ArgumentParser
internal import RollcallClient

/// `rollcall snapshot`: saves, restores and looks into snapshot files.
struct SnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Save, restore or look into a snapshot of everything.",
        subcommands: [Save.self, Restore.self, Inspect.self]
    )

    struct Save: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Save everything that the registry holds."
        )

        @Argument(help: "The file.")
        var file: String

        @OptionGroup var registry: RegistryOptions

        mutating func run() async throws {
            let bytes = try await registry.server().saveSnapshot()
            let summary = try BackupSummary(bytes, path: "the snapshot")
            try BackupFile.write(bytes, to: file)
            TextOutput.printLine(try summary.printed(asJSON: registry.json))
        }
    }

    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a snapshot in the place of everything that the registry holds."
        )

        @Argument(help: "The file.")
        var file: String

        @OptionGroup var registry: RegistryOptions

        mutating func run() async throws {
            let bytes = try BackupFile.read(file)
            let summary = try BackupSummary(bytes, path: file)
            try await registry.server().restoreSnapshot(bytes)
            TextOutput.printLine(try summary.printed(asJSON: registry.json))
        }
    }

    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell what is in a snapshot, and whether it is whole."
        )

        @Argument(help: "The file.")
        var file: String

        @Flag(help: "Print JSON.")
        var json = false

        mutating func run() throws {
            let bytes = try BackupFile.read(file)
            let summary = try BackupSummary(bytes, path: file)
            TextOutput.printLine(try summary.printed(asJSON: json))
        }
    }
}
