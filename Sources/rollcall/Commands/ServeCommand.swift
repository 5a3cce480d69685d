internal import ArgumentParser
internal import Foundation
internal import Logging

/// `rollcall serve`: the server.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Answer DNS and serve the registry until SIGTERM.",
        discussion: "SIGHUP reads settings and zones again."
    )

    @OptionGroup var options: ServeOptions

    mutating func run() async throws {
        let sources = options.sources()
        let configuration = try sources.load()
        let logger = configuration.makeLogger()
        for variable in sources.unknownVariables {
            logger.warning("no setting has this name", metadata: ["variable": "\(variable)"])
        }
        if !configuration.unusedConsulOptions.isEmpty {
            logger.warning(
                "options of consul's configuration that mean nothing here",
                metadata: [
                    "options": "\(configuration.unusedConsulOptions.joined(separator: ", "))"
                ]
            )
        }
        let descriptorsMax = DescriptorShares.raiseLimit()
        let shares = DescriptorShares(configuration, descriptorsMax: descriptorsMax)
        if shares.isReduced {
            logger.warning(
                "fewer connections than configured: the limit of open files is low",
                metadata: [
                    "open_files_max": "\(descriptorsMax)",
                    "http_connections_max": "\(shares.httpConnectionsMax)",
                    "dns_tcp_connections_max": "\(shares.dnsConnectionsMax)",
                    "probes_in_flight_max": "\(shares.probesInFlightMax)",
                ]
            )
        }
        do {
            try await Daemon(
                configuration: configuration,
                sources: sources,
                logger: logger,
                environment: ProcessInfo.processInfo.environment,
                shares: shares
            ).run()
        } catch let error as StartError {
            throw CommandFailure.wrongUsage(error.description)
        }
    }
}
