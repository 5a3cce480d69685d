internal import ArgumentParser
internal import RollcallClient
internal import UnixSignals

/// `rollcall register`: puts an instance into the registry.
struct RegisterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register",
        abstract: "Register an instance of a service."
    )

    @Argument(help: "The service's name.")
    var service: String

    @Option(help: "An IP address or host name under which others reach the instance.")
    var host: String

    @Option(help: "The port that others connect to.")
    var port: Int

    @Option(help: "The instance's id; the registry makes one if none is given.")
    var id: String?

    @Option(name: .customLong("tag"), help: "A tag; may be repeated.")
    var tags: [String] = []

    @Option(name: .customLong("meta"), help: "A pair KEY=VALUE; may be repeated.")
    var metadata: [String] = []

    @Option(help: "The SRV weight while every check passes.")
    var weight: Int?

    @Option(help: "The term of the lease, such as 30s.")
    var ttl: String?

    @Option(name: .customLong("check-http"), help: "A URL that must answer; may be repeated.")
    var httpChecks: [String] = []

    @Option(name: .customLong("check-tcp"), help: "HOST:PORT that must accept; may be repeated.")
    var tcpChecks: [String] = []

    @Option(
        name: .customLong("check-grpc"),
        help: "HOST:PORT that must be SERVING; may be repeated."
    )
    var grpcChecks: [String] = []

    @Option(help: "The time between two probes of each check, such as 10s.")
    var interval: String?

    @Flag(help: "Stay, send heartbeats, and deregister at SIGTERM or SIGINT.")
    var keep = false

    @OptionGroup var registry: RegistryOptions

    mutating func run() async throws {
        let registration = try registration()
        let client = Registration(try registry.server())
        guard keep else {
            return try report(try await client.register(registration))
        }
        let command = self
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        try await client.withRegistration(registration) { registered in
            try command.report(registered)
            for await _ in signals { break }
        }
    }

    /// The options as the client library takes them.
    func registration() throws -> ServiceRegistration {
        var pairs: [String: String] = [:]
        for pair in metadata {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw CommandFailure.wrongUsage("--meta: expected KEY=VALUE, found \"\(pair)\"")
            }
            pairs[String(parts[0])] = String(parts[1])
        }
        let interval = try duration(interval, "--interval")
        let probes: [HealthCheck.Probe] =
            httpChecks.map { .http(url: $0) } + tcpChecks.map { .tcp($0) }
            + grpcChecks.map { .grpc($0) }
        return ServiceRegistration(
            service: service,
            host: host,
            port: port,
            id: id,
            tags: tags,
            metadata: pairs,
            weights: weight.map { .init(passing: $0) },
            ttl: try duration(ttl, "--ttl"),
            checks: probes.map { HealthCheck($0, interval: interval) }
        )
    }

    private func duration(_ text: String?, _ flag: String) throws -> Duration? {
        guard let text else { return nil }
        guard let duration = DurationText.parse(text) else {
            throw CommandFailure.wrongUsage(
                "\(flag): expected a duration such as 30s, found \"\(text)\""
            )
        }
        return duration
    }

    private func report(_ registered: RegisteredInstance) throws {
        guard !registry.json else {
            return TextOutput.printLine(try TextOutput.json(RegisteredOutput(registered)))
        }
        let lease = registered.ttl.map { ", heartbeat due within \(DurationText.text($0))" } ?? ""
        TextOutput.printLine("registered \(registered.instanceID)\(lease)")
    }
}

/// What `register --json` prints.
private struct RegisteredOutput: Encodable {
    var instance_id: String
    var lease_id: String?
    var ttl: String?

    init(_ registered: RegisteredInstance) {
        instance_id = registered.instanceID
        lease_id = registered.leaseID
        ttl = registered.ttl.map(DurationText.text)
    }
}
