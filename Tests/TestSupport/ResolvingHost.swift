internal import Foundation

/// Rollcall on port 53 of a network of its own, where resolv.conf names it.
///
/// Why: resolv.conf cannot name a port, so programs that only know their host's resolver need one.
package struct ResolvingHost: Sendable {
    package let rollcall: RollcallProcess
    /// Makes a command run in that network.
    package let prefix: [String]

    private static let resolverSettings = """
        nameserver 127.0.0.1
        search service.consul
        options timeout:2 attempts:1
        """

    /// Makes the network and starts Rollcall there.
    ///
    /// - Parameter settings: Rollcall's, by environment.
    package static func start(settings: [String: String] = [:]) async throws -> ResolvingHost {
        guard geteuid() == 0 else {
            throw UnexpectedAnswer(
                description:
                    "this test needs root: it makes a network and a resolv.conf of its own"
            )
        }
        let scratch = try ScratchFolder()
        let file = try scratch.write(resolverSettings, to: "resolv.conf")
        // glibc asks for a family only if the host has an address of it other than loopback.
        let script = """
            ip link set lo up && ip address add 10.99.0.1/32 dev lo \
            && ip -6 address add fd99::1/128 dev lo nodad \
            && mount --bind "$0" /etc/resolv.conf && exec "$@"
            """
        let rollcall = try await RollcallProcess.start(
            settings: settings,
            scratch: scratch,
            prefix: ["unshare", "--mount", "--net", "sh", "-c", script, file],
            listen: "127.0.0.1:53"
        )
        return ResolvingHost(
            rollcall: rollcall,
            prefix: ["nsenter", "-t", "\(rollcall.process.pid)", "--mount", "--net"]
        )
    }

    /// Runs a command there to its end.
    package func run(
        _ command: [String],
        environment: [String: String]? = nil,
        within limit: Duration = .seconds(20)
    ) async throws -> CommandLineClient.Result {
        try await CommandLineClient.run(prefix + command, environment: environment, within: limit)
    }

    /// Starts a command there that runs beside the test.
    package func launch(_ command: [String], folder: String? = nil) throws -> ChildProcess {
        try ChildProcess(prefix + command, folder: folder)
    }

    /// Sends a request to Rollcall's API from there; throws for a status of 400 and above.
    @discardableResult
    package func curl(_ method: String, _ path: String, _ body: String? = nil) async throws -> JSON
    {
        let data = body.map { ["-d", $0] } ?? []
        let result = try await run(
            ["curl", "-sS", "--fail-with-body", "-m", "10", "-X", method] + data
                + [rollcall.url + path]
        )
        guard result.succeeded else { throw UnexpectedAnswer(description: "\(result)") }
        return (try? JSON(result.output)) ?? .null
    }
}
