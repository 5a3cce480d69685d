import DNSWire
import Foundation
import TestSupport

/// One Rollcall of a cluster, on ports that stay the same.
final class ClusterServer: Sendable {
    let number: Int
    let httpPort: UInt16
    let dnsPort: UInt16
    let link: ServerLink
    let program: RunningProgram
    private let scratch: ScratchFolder
    private let flags: [String]
    private let settings: [String: String]

    init(
        _ number: Int,
        httpPort: UInt16,
        dnsPort: UInt16,
        link: ServerLink,
        scratch: ScratchFolder,
        flags: [String],
        settings: [String: String]
    ) {
        self.number = number
        self.httpPort = httpPort
        self.dnsPort = dnsPort
        self.link = link
        self.scratch = scratch
        self.flags = flags
        self.settings = settings
        program = RunningProgram("node-\(number)")
    }

    var name: String { "node-\(number)" }

    /// Starts it, again on the same data, and waits for nothing.
    func launch(cluster: String = "example") throws {
        let endpoints = link.ports.map { "http://127.0.0.1:\($0)" }.joined(separator: ",")
        try program.start {
            try RollcallProcess.launch(
                [
                    "--store", "etcd", "--etcd", endpoints, "--cluster", cluster,
                    "--node-name", name, "--data-dir", scratch.path(name),
                    "--http-listen", "127.0.0.1:\(httpPort)",
                    "--dns-listen", "127.0.0.1:\(dnsPort)",
                ] + flags,
                settings: settings,
                scratch: scratch
            )
        }
    }

    /// Starts it and waits until it serves.
    func start() async throws {
        try launch()
        try await untilReady()
    }

    func untilReady(within limit: Duration = .seconds(30)) async throws {
        try await eventually("\(name) is ready", within: limit, every: .milliseconds(20)) {
            guard program.isRunning else {
                throw Hopeless(description: "\(name) has ended: \(program.lastErrors)")
            }
            return try http("GET", "/ready", timeoutMilliseconds: 2_000).status == 200
        }
    }

    // MARK: - Questions

    var dns: DNSClient { DNSClient(port: dnsPort) }

    /// Sends one HTTP request on a connection of its own.
    @discardableResult
    func http(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        timeoutMilliseconds: Int = 10_000
    ) throws -> HTTPReply {
        try HTTPClientConnection(port: httpPort, timeoutMilliseconds: timeoutMilliseconds)
            .request(method, path, body)
    }

    /// The same; the reply must have status 200.
    @discardableResult
    func done(_ method: String, _ path: String, _ body: String? = nil) throws -> HTTPReply {
        let reply = try http(method, path, body)
        guard reply.status == 200 else {
            throw UnexpectedAnswer(description: "\(name): \(method) \(path): \(reply)")
        }
        return reply
    }

    /// What `/cluster` says.
    func status() throws -> JSON { try done("GET", "/cluster").json }

    var isCutOff: Bool {
        get throws { try status()["cut_off"].text != nil }
    }

    /// The ids of a service's instances.
    func ids(of service: String, passing: Bool = false) throws -> Set<String> {
        let reply = try http("GET", "/services/\(service)" + (passing ? "?passing" : ""))
        if reply.status == 404 { return [] }
        return Set(reply.json.list.compactMap { $0["id"].text })
    }

    /// The ports that SRV records of a service name.
    func ports(of service: String) throws -> Set<UInt16> {
        let reply = try dns.ask("\(service).service.consul", .srv, over: .tcp)
        return Set(
            reply.answer.filter { $0.type == .srv && $0.rdata.count > 6 }
                .map { UInt16($0.rdata[4]) << 8 | UInt16($0.rdata[5]) }
        )
    }

    /// The value of a metric without labels.
    func metric(_ name: String) throws -> Double {
        let text = try http("GET", "/metrics").body
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
        guard let value = line?.split(separator: " ").last.flatMap({ Double($0) }) else {
            throw UnexpectedAnswer(description: "no metric \(name)")
        }
        return value
    }

    /// The codes of the problems that `/health` tells.
    func problemCodes() throws -> [String] {
        try http("GET", "/health").json["problems"].list.compactMap { $0["code"].text }
    }
}
