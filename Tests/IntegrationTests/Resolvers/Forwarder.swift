internal import Foundation
internal import TestSupport

/// A resolver of the distribution in front of a running Rollcall, asked with dig.
struct Forwarder {
    let rollcall: RollcallProcess
    private let process: ChildProcess
    private let scratch: ScratchFolder
    private let namespace: NetworkNamespace?
    private let server: [String]

    private static let resolvedAddress = "127.0.0.53"

    /// Starts both and waits until a question goes through.
    ///
    /// - Parameter settings: Rollcall's, by environment.
    init(_ recipe: Recipe, settings: [String: String] = [:]) async throws {
        scratch = try ScratchFolder()
        if recipe == .systemdResolved {
            let namespace = try await NetworkNamespace(
                resolvedConfiguration: try recipe.text(rollcallPort: 8600),
                scratch: scratch
            )
            rollcall = try await RollcallProcess.start(
                ["--ephemeral"],
                settings: settings,
                prefix: namespace.prefix,
                listen: "127.0.0.1:8600"
            )
            process = try ChildProcess(
                namespace.prefix + recipe.command(in: scratch, port: 53, rollcallPort: 8600)
            )
            server = ["@\(Self.resolvedAddress)"]
            self.namespace = namespace
        } else {
            let port = try FreePort.next()
            rollcall = try await RollcallProcess.start(["--ephemeral"], settings: settings)
            process = try ChildProcess(
                recipe.command(in: scratch, port: port, rollcallPort: rollcall.dnsPort)
            )
            server = ["@127.0.0.1", "-p", "\(port)"]
            namespace = nil
        }
        try await eventually("\(recipe.rawValue) answers") {
            guard process.isRunning else {
                throw UnexpectedAnswer(description: "it ended: \(process.output) \(process.errors)")
            }
            let reply = try await dig("consul", "SOA")
            guard reply.status == "NOERROR", reply.answer.count == 1 else {
                throw UnexpectedAnswer(description: "\(reply)\n\(process.output)\(process.errors)")
            }
            return true
        }
    }

    /// Asks the resolver.
    func dig(_ question: String...) async throws -> DigReply {
        let flags = ["+tries=1", "+time=3", "+noall", "+comments", "+answer"]
        return DigReply(
            try await CommandLineClient.run(
                (namespace?.prefix ?? []) + ["dig"] + flags + server + question
            )
        )
    }

    /// Sends a request to Rollcall's API; throws for a status of 400 and above.
    @discardableResult
    func curl(_ method: String, _ path: String, _ body: String? = nil) async throws -> JSON {
        let data =
            try body.map { ["--data-binary", "@\(try scratch.write($0, to: "body"))"] } ?? []
        let result = try await CommandLineClient.run(
            (namespace?.prefix ?? [])
                + ["curl", "-sS", "--fail-with-body", "-m", "10", "-X", method] + data
                + ["\(rollcall.url)\(path)"]
        )
        guard result.succeeded else { throw UnexpectedAnswer(description: "\(result)") }
        return (try? JSON(result.output)) ?? .null
    }

    /// Registers one instance and returns its id.
    @discardableResult
    func register(_ service: String, host: String, port: Int = 8080) async throws -> String {
        let reply = try await curl(
            "POST",
            "/register",
            #"{"service":"\#(service)","host":"\#(host)","port":\#(port)}"#
        )
        guard let id = reply["instance_id"].text else {
            throw UnexpectedAnswer(description: "no instance_id in \(reply)")
        }
        return id
    }
}
