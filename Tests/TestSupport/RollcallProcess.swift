internal import Foundation

/// `rollcall serve` on free ports of 127.0.0.1, ended when the value goes.
package final class RollcallProcess: Sendable {
    /// The program under test: `ROLLCALL_BINARY`, else the one built beside this test bundle.
    package static let binary: String = {
        let given = ProcessInfo.processInfo.environment["ROLLCALL_BINARY"] ?? ""
        guard given.isEmpty else {
            return URL(filePath: given, relativeTo: Fixtures.repository).path(percentEncoded: false)
        }
        let tests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let folder = tests.deletingLastPathComponent()
        return folder.appending(path: "rollcall").path(percentEncoded: false)
    }()

    /// The test's environment without settings of the program.
    package static let environment = ProcessInfo.processInfo.environment.filter {
        !$0.key.hasPrefix("ROLLCALL_")
    }

    package let process: ChildProcess
    package let scratch: ScratchFolder
    package let dnsPort: UInt16
    package let httpPort: UInt16
    /// What it printed when it was ready.
    package let readyLine: String

    /// Starts the program and waits until it is ready.
    ///
    /// - Parameters:
    ///   - flags: more flags of `serve`.
    ///   - settings: configuration by environment, such as `ROLLCALL_LEASES_TTL_MIN`.
    ///   - scratch: where data and zones are; give the same again to start on the same data.
    ///   - prefix: a command that runs the program, such as `unshare -n`.
    ///   - listen: `host:port` of DNS.
    package static func start(
        _ flags: [String] = [],
        settings: [String: String] = [:],
        scratch: ScratchFolder? = nil,
        prefix: [String] = [],
        listen: String = "127.0.0.1:0"
    ) async throws -> RollcallProcess {
        let scratch = try scratch ?? ScratchFolder()
        let process = try launch(
            ["--dns-listen", listen, "--http-listen", "127.0.0.1:0"] + flags,
            settings: settings,
            scratch: scratch,
            prefix: prefix
        )
        try await eventually(
            "ready line of \(process.name)",
            within: .seconds(60),
            every: .milliseconds(2)
        ) {
            if process.output.contains("\n") { return true }
            guard process.isRunning else {
                throw Hopeless(
                    description: "it ended: \(process.end.map { "\($0)" } ?? "") \(process.errors)"
                )
            }
            return false
        }
        return try RollcallProcess(process, scratch)
    }

    /// Starts `rollcall serve` with its data and zones in `scratch`, and waits for nothing.
    ///
    /// The zones folder is empty unless the flags say otherwise.
    package static func launch(
        _ flags: [String],
        settings: [String: String] = [:],
        scratch: ScratchFolder,
        prefix: [String] = []
    ) throws -> ChildProcess {
        var flags = flags
        if !flags.contains("--data-dir"), !flags.contains("--ephemeral") {
            flags += ["--data-dir", scratch.path("data")]
        }
        if !flags.contains("--zones-dir") {
            flags += ["--zones-dir", try scratch.folder("zones")]
        }
        return try ChildProcess(
            prefix + [binary, "serve"] + flags,
            environment: environment.merging(settings) { $1 },
            folder: scratch.path("")
        )
    }

    private init(_ process: ChildProcess, _ scratch: ScratchFolder) throws {
        self.process = process
        self.scratch = scratch
        readyLine = process.output.split(separator: "\n").first.map(String.init) ?? ""
        guard let dns = Self.port("dns", in: readyLine),
            let http = Self.port("http", in: readyLine)
        else { throw UnexpectedAnswer(description: "no ports in the ready line: \(readyLine)") }
        dnsPort = dns
        httpPort = http
    }

    /// The port of the first address after `word` in `rollcall … dns 127.0.0.1:53, http …`.
    private static func port(_ word: String, in line: String) -> UInt16? {
        guard let start = line.range(of: "\(word) ") else { return nil }
        let address = line[start.upperBound...].prefix { $0 != "," && $0 != " " }
        return address.split(separator: ":").last.flatMap { UInt16($0) }
    }

    /// The port of another listener of the ready line: `https`, `dns-over-tls`, `dns-over-https`.
    package func port(of listener: String) throws -> UInt16 {
        guard let port = Self.port(listener, in: readyLine) else {
            throw UnexpectedAnswer(description: "no \(listener) in the ready line: \(readyLine)")
        }
        return port
    }

    package var dns: DNSClient { DNSClient(port: dnsPort) }

    package var url: String { "http://127.0.0.1:\(httpPort)" }

    /// Sends one HTTP request on a connection of its own.
    package func http(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        timeoutMilliseconds: Int = 10_000
    ) throws -> HTTPReply {
        try HTTPClientConnection(port: httpPort, timeoutMilliseconds: timeoutMilliseconds)
            .request(method, path, body)
    }

    /// Registers over the native API and returns the reply, which must be a success.
    @discardableResult
    package func register(_ body: String) throws -> HTTPReply {
        let reply = try http("POST", "/register", body)
        guard reply.status == 200 else {
            throw UnexpectedAnswer(description: "register \(body): \(reply)")
        }
        return reply
    }

    /// Runs a subcommand of the same program.
    package static func command(
        _ arguments: [String],
        settings: [String: String] = [:],
        folder: String? = nil
    ) async throws -> CommandLineClient.Result {
        try await CommandLineClient.run(
            [binary] + arguments,
            environment: environment.merging(settings) { $1 },
            folder: folder
        )
    }

    /// Runs dig with short output and returns its lines.
    package func dig(_ arguments: String...) async throws -> [String] {
        let result = try await CommandLineClient.run(
            ["dig", "+short", "+tries=1", "+time=3", "@127.0.0.1", "-p", "\(dnsPort)"] + arguments
        )
        guard result.succeeded else { throw UnexpectedAnswer(description: "\(result)") }
        return result.lines
    }

    /// Runs curl and returns the body; fails for a status of 400 and above.
    @discardableResult
    package func curl(_ arguments: String..., path: String) async throws -> String {
        let result = try await CommandLineClient.run(
            ["curl", "-sS", "--fail-with-body", "-m", "10"] + arguments + [url + path]
        )
        guard result.succeeded else { throw UnexpectedAnswer(description: "\(result)") }
        return result.output
    }

    /// Ends it with SIGTERM and returns how it ended.
    @discardableResult
    package func stop() async throws -> ChildProcess.End {
        process.signal(SIGTERM)
        return try await process.untilEnd()
    }
}
