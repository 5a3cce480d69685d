internal import NIOCore
internal import NIOHTTP1
internal import ServiceCatalog
internal import Testing

@testable internal import HealthProber

@Suite("HTTP probe")
struct HTTPProbeTests {
    private let runner = ProbeRunner(policy: .privateNetworks)

    private func run(
        _ probe: HTTPProbe,
        timeoutMilliseconds: Int = 30_000,
        outputBytesMax: Int = 4_096
    ) async -> ProbeResult {
        await runner.runAsService(
            CheckDefinition(
                probe: .http(probe),
                timeoutMilliseconds: timeoutMilliseconds,
                outputBytesMax: outputBytesMax
            )
        )
    }

    @Test(
        "2xx is passing, 429 warning, all else critical",
        arguments: [
            (HTTPResponseStatus.ok, HealthStatus.passing), (.noContent, .passing),
            (.tooManyRequests, .warning), (.notModified, .critical), (.notFound, .critical),
            (.internalServerError, .critical), (.serviceUnavailable, .critical),
        ]
    )
    func statuses(code: HTTPResponseStatus, expected: HealthStatus) async throws {
        let server = try await LoopbackServer.http { _, _ in .init(status: code) }
        let result = await run(HTTPProbe(url: "http://127.0.0.1:\(server.port)/health"))
        #expect(result.status == expected)
        #expect(result.evidence == .answer)
        #expect(
            result.output.hasPrefix(
                "HTTP GET http://127.0.0.1:\(server.port)/health: \(code.code) "
            )
        )
        try await server.stop()
    }

    @Test("Method, path, query, headers and body arrive as registered, and no connection is kept")
    func request() async throws {
        let log = RequestLog()
        let server = try await LoopbackServer.http { head, body in
            log.note("\(head.method.rawValue) \(head.uri) \(body)")
            for name in ["Host", "X-Token", "User-Agent", "Connection", "Authorization"] {
                log.note("\(name): \(head.headers[name].joined(separator: "|"))")
            }
            return .init()
        }
        let result = await run(
            HTTPProbe(
                url: "http://me:secret@127.0.0.1:\(server.port)/a%20b?x=1",
                method: "post",
                headers: ["X-Token": ["one", "two"], "Host": ["web.test"]],
                body: "ping"
            )
        )
        #expect(result.status == .passing)
        #expect(!result.output.contains("secret"))
        #expect(
            log.all == [
                "POST /a%20b?x=1 ping", "Host: web.test", "X-Token: one|two",
                "User-Agent: Rollcall Health Check", "Connection: close",
                "Authorization: Basic bWU6c2VjcmV0",
            ]
        )
        try await server.stop()
    }

    @Test("The output keeps the end of a long body")
    func longBody() async throws {
        let server = try await LoopbackServer.http { _, _ in
            .init(body: String(repeating: "x", count: 100_000) + "the end")
        }
        let result = await run(
            HTTPProbe(url: "http://127.0.0.1:\(server.port)/"),
            outputBytesMax: 16
        )
        #expect(result.status == .passing)
        #expect(result.output.hasSuffix("Output: xxxxxxxxxthe end"))
        try await server.stop()
    }

    @Test("A body without end does not hide the status")
    func endlessBody() async throws {
        let server = try await LoopbackServer.http { _, _ in .init(body: "begin", ends: false) }
        let result = await run(
            HTTPProbe(url: "http://127.0.0.1:\(server.port)/"),
            timeoutMilliseconds: 4_000
        )
        #expect(result.status == .passing)
        #expect(result.output.hasSuffix("Output: begin"))
        try await server.stop()
    }

    @Test("Of a body that is too long enough is read to see its status")
    func hugeBody() async throws {
        let body = String(repeating: "x", count: 2 << 20)
        let server = try await LoopbackServer.http { _, _ in .init(body: body, ends: false) }
        let result = await run(HTTPProbe(url: "http://127.0.0.1:\(server.port)/"))
        #expect(result.status == .passing)
        try await server.stop()
    }

    @Test("A server that never answers is critical at the timeout")
    func timeout() async throws {
        let server = try await LoopbackServer.http { _, _ in .init(isSilent: true) }
        let url = "http://127.0.0.1:\(server.port)/"
        let start = ContinuousClock.now
        let result = await run(HTTPProbe(url: url), timeoutMilliseconds: 150)
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(
            result
                == ProbeResult(
                    .critical,
                    "Get \"\(url)\": no answer within 150 ms",
                    evidence: .silence
                )
        )
        try await server.stop()
    }

    @Test("A refused connection says so")
    func refused() async throws {
        let url = "http://127.0.0.1:\(try await LoopbackServer.closedPort())/"
        let result = await run(HTTPProbe(url: url))
        #expect(result == ProbeResult(.critical, "Get \"\(url)\": connection refused"))
    }

    @Test("Redirects are followed unless the check says no")
    func redirects() async throws {
        let server = try await LoopbackServer.http { head, _ in
            head.uri == "/old"
                ? .init(status: .found, headers: ["Location": "/new"]) : .init(body: head.uri)
        }
        let url = "http://127.0.0.1:\(server.port)/old"
        let followed = await run(HTTPProbe(url: url))
        #expect(followed.status == .passing)
        #expect(followed.output.hasSuffix("Output: /new"))
        let stayed = await run(HTTPProbe(url: url, followsRedirects: false))
        #expect(stayed.status == .critical)
        try await server.stop()
    }

    @Test("A redirect loop ends")
    func redirectLoop() async throws {
        let log = RequestLog()
        let server = try await LoopbackServer.http { head, _ in
            log.note(head.uri)
            return .init(status: .temporaryRedirect, headers: ["Location": "/again"])
        }
        let result = await runner.run(
            CheckDefinition(
                probe: .http(HTTPProbe(url: "http://127.0.0.1:\(server.port)/")),
                timeoutMilliseconds: 30_000
            )
        )
        #expect(result.status == .critical)
        #expect(result.output.hasSuffix("too many redirects"))
        #expect(log.all.count == 11)
        try await server.stop()
    }

    @Test("A redirect to a forbidden address is not followed")
    func forbiddenRedirect() async throws {
        let server = try await LoopbackServer.http { _, _ in
            .init(
                status: .found,
                headers: ["Location": "http://169.254.169.254/latest/meta-data"]
            )
        }
        let result = await run(HTTPProbe(url: "http://127.0.0.1:\(server.port)/"))
        #expect(
            result
                == ProbeResult(
                    .critical,
                    "Get \"http://169.254.169.254/latest/meta-data\": "
                        + "target 169.254.169.254 is not in health.allowed_networks"
                )
        )
        try await server.stop()
    }

    @Test("Secrets are not sent on to another server")
    func redirectToAnotherServer() async throws {
        let log = RequestLog()
        let second = try await LoopbackServer.http { head, _ in
            log.note("\(head.headers["Authorization"]) \(head.headers["X-Kept"])")
            return .init()
        }
        let location = "http://127.0.0.1:\(second.port)/"
        let first = try await LoopbackServer.http { _, _ in
            .init(status: .found, headers: ["Location": location])
        }
        let result = await run(
            HTTPProbe(
                url: "http://127.0.0.1:\(first.port)/",
                headers: ["Authorization": ["Bearer x"], "X-Kept": ["y"]]
            )
        )
        #expect(result.status == .passing)
        #expect(log.all == ["[] [\"y\"]"])
        try await first.stop()
        try await second.stop()
    }

    @Test(
        "Targets outside the allowed networks are not asked",
        arguments: ["169.254.169.254", "8.8.8.8", "[fe80::1]", "[::ffff:169.254.169.254]"]
    )
    func policy(host: String) async {
        let result = await run(HTTPProbe(url: "http://\(host)/"))
        #expect(result.status == .critical)
        #expect(result.output.contains("is not in health.allowed_networks"))
    }

    @Test(
        "What is no http URL is critical and says so",
        arguments: ["", "ftp://10.0.0.1/", "http://", "10.0.0.1", "http://127.0.0.1:99999/"]
    )
    func badURL(url: String) async {
        let result = await run(HTTPProbe(url: url))
        #expect(result.status == .critical)
        #expect(!result.output.isEmpty)
    }

    @Test("What is no HTTP answer is critical")
    func notHTTP() async throws {
        let server = try await LoopbackServer.tcp { channel in
            channel.eventLoop.execute {
                channel.writeAndFlush(ByteBuffer(string: "SSH-2.0-OpenSSH_9.2\r\n"), promise: nil)
            }
        }
        let result = await run(HTTPProbe(url: "http://127.0.0.1:\(server.port)/"))
        #expect(result.status == .critical)
        #expect(result.evidence == .answer)
        try await server.stop()
    }

    @Test("A host name is resolved, and tried on each of its addresses")
    func hostName() async throws {
        let server = try await LoopbackServer.http { head, _ in
            .init(body: head.headers["Host"].joined())
        }
        let result = await run(HTTPProbe(url: "http://localhost:\(server.port)/"))
        #expect(result.status == .passing)
        #expect(result.output.hasSuffix("Output: localhost:\(server.port)"))
        let unknown = await run(HTTPProbe(url: "http://no-such-host.invalid/"))
        #expect(unknown.status == .critical)
        #expect(unknown.output.contains("cannot resolve \"no-such-host.invalid\""))
        try await server.stop()
    }
}
