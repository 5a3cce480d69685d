import DNSWire
import TestSupport

/// The program that answers, with what its answers say about itself.
struct ServerUnderTest: Sendable {
    static let nodeName = "rollcall-host"
    static let datacenter = "dc1"

    let process: RollcallProcess
    /// What health checks probe, where the scenario has some.
    let checkTarget: CheckTarget?
    /// The address of the server's own node.
    let address: String

    init(_ scenario: Scenario) async throws {
        checkTarget = scenario.hasProbes ? try await CheckTarget.start() : nil
        process = try await RollcallProcess.start(
            ["--ephemeral", "--node-name", Self.nodeName] + scenario.flags,
            settings: scenario.settings
        )
        let node = try process.http("GET", "/v1/catalog/node/\(Self.nodeName)").json
        address = node["Node"]["Address"].text ?? ""
    }

    /// Sends one request; `{self}`, `{dc}` and the like are filled in.
    func send(_ request: Operation.Request, headers: [String: String] = [:]) throws -> HTTPReply {
        let connection = try HTTPClientConnection(port: process.httpPort)
        return try connection.request(
            request.method,
            filled(request.path),
            body(of: request),
            headers: headers
        )
    }

    /// The body as it is sent: a text as it stands, anything else as JSON.
    func body(of request: Operation.Request) -> String? {
        guard let body = request.body else { return request.method == "PUT" ? "" : nil }
        if case .text(let text) = body { return filled(text) }
        return body.mapTexts(filled).line
    }

    func filled(_ text: String) -> String {
        guard text.contains("{") else { return text }
        return text.replacing("{self}", with: Self.nodeName)
            .replacing("{dc}", with: Self.datacenter)
            .replacing("{selfaddr}", with: address)
            .replacing("{hc}", with: checkTarget?.address ?? "")
    }

    /// A name or rdata in lower case, with `@self` and the like for what differs by server.
    func folded(_ text: String) -> String {
        text.lowercased()
            .replacing("\(Self.nodeName).node.", with: "@self.node.")
            .replacing("\(hexadecimalAddress).addr.", with: "@selfaddr.addr.")
            .replacing(".\(Self.datacenter).consul.", with: ".@dc.consul.")
    }

    private var hexadecimalAddress: String {
        guard case .v4(let value)? = IPAddress(address) else { return "-" }
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
