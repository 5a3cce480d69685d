internal import ArgumentParser
internal import TransportSecurity

/// `rollcall check-config`: reads the settings as `serve` would and says whether they are good.
struct CheckConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Check the settings that serve would use."
    )

    @OptionGroup var options: ServeOptions

    @Flag(help: "Print every setting as JSON.")
    var json = false

    mutating func run() throws {
        let sources = options.sources()
        let configuration = try sources.load()
        try checkCertificate(configuration)
        if json {
            let settings = Setting.all.map { ($0.key, $0.show(configuration)) }
            return TextOutput.printLine(
                try TextOutput.json(Dictionary(settings, uniquingKeysWith: { $1 }))
            )
        }
        for variable in sources.unknownVariables {
            TextOutput.printLine("\(variable): no setting has this name")
        }
        for option in configuration.unusedConsulOptions {
            TextOutput.printLine("\(option): this option of Consul means nothing here")
        }
        for exposure in configuration.exposures {
            TextOutput.printLine(
                "warning: \(exposure.address): \(exposure.risk); \(exposure.remedy)"
            )
        }
        TextOutput.printLine("\(configuration.file ?? "settings"): good")
    }

    /// Reads the certificate that encrypted listeners would show.
    private func checkCertificate(_ configuration: Configuration) throws {
        guard let settings = configuration.transportSecurity else { return }
        do {
            let credentials = try TLSCredentials(settings)
            if let warning = credentials.warning, !json {
                TextOutput.printLine("warning: \(settings.certificateFile): \(warning)")
            }
        } catch {
            throw CommandFailure.wrongUsage(error.description)
        }
    }
}
