internal import ArgumentParser
internal import DNSWire
internal import DNSZones

/// `rollcall check-zone`: reads zone files as `serve` would and says whether they are good.
struct CheckZoneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-zone",
        abstract: "Check zone files."
    )

    @Argument(help: "Master files.")
    var files: [String]

    @Flag(help: "Print JSON.")
    var json = false

    mutating func run() throws {
        let results = files.map(ZoneCheckResult.init(file:))
        if json {
            TextOutput.printLine(try TextOutput.json(results))
        } else {
            for result in results {
                for warning in result.warnings { TextOutput.printLine("warning: \(warning)") }
                if let zone = result.zone {
                    TextOutput.printLine(
                        "\(result.file): good, \(zone) with \(result.records) records"
                    )
                }
            }
        }
        let errors = results.compactMap(\.error)
        guard let last = errors.last else { return }
        if !json {
            for error in errors.dropLast() { TextOutput.printLine(error) }
        }
        throw CommandFailure.wrongUsage(last)
    }
}

/// One file's result, as `check-zone --json` prints it.
private struct ZoneCheckResult: Encodable {
    var file: String
    var zone: String?
    var records = 0
    var warnings: [String] = []
    var error: String?

    init(file: String) {
        self.file = file
        do throws(ZoneFileError) {
            let zone = try ZoneFile.load(path: file)
            self.zone = zone.apex.description
            records = zone.records.count
            warnings = zone.warnings.map(\.description)
        } catch {
            self.error = error.description
        }
    }
}
