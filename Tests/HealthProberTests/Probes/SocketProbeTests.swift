internal import DNSWire
internal import ServiceCatalog
internal import Testing

@testable internal import HealthProber

@Suite("TCP, UDP and DNS probes")
struct SocketProbeTests {
    private func run(
        _ probe: CheckDefinition.Probe,
        timeoutMilliseconds: Int = 30_000
    ) async -> ProbeResult {
        await ProbeRunner(policy: .privateNetworks).run(
            CheckDefinition(probe: probe, timeoutMilliseconds: timeoutMilliseconds)
        )
    }

    @Test("TCP is passing when a connection opens, critical when it is refused")
    func tcp() async throws {
        let server = try await LoopbackServer.tcp { _ in }
        let port = server.port
        let open = await run(.tcp(host: "127.0.0.1", port: port, tls: nil))
        #expect(open == ProbeResult(.passing, "TCP connect 127.0.0.1:\(port): success"))
        try await server.stop()
        let closed = await run(.tcp(host: "127.0.0.1", port: port, tls: nil))
        #expect(
            closed == ProbeResult(.critical, "TCP connect 127.0.0.1:\(port): connection refused")
        )
    }

    @Test("TCP reaches IPv6 addresses")
    func tcpOverIPv6() async throws {
        let server = try await LoopbackServer.tcp(host: "::1") { _ in }
        let result = await run(.tcp(host: "::1", port: server.port, tls: nil))
        #expect(result.output == "TCP connect [::1]:\(server.port): success")
        try await server.stop()
    }

    @Test("A handshake that never ends is critical at the timeout")
    func silentHandshake() async throws {
        let server = try await LoopbackServer.tcp { _ in }
        let result = await run(
            .tcp(host: "127.0.0.1", port: server.port, tls: TLSExpectation()),
            timeoutMilliseconds: 150
        )
        #expect(result.status == .critical)
        #expect(result.output.hasSuffix("no answer within 150 ms"))
        try await server.stop()
    }

    @Test("A forbidden target and a port out of range are not asked", arguments: [0, -1, 65_536])
    func unusable(port: Int) async {
        let forbidden = await run(.tcp(host: "169.254.169.254", port: 80, tls: nil))
        #expect(forbidden.output.contains("target 169.254.169.254 is not in"))
        let result = await run(.tcp(host: "127.0.0.1", port: port, tls: nil))
        #expect(result.status == .critical)
        #expect(result.output.hasSuffix("port \(port) is not 1 to 65535"))
    }

    @Test("UDP is passing with an answer and with silence, critical when it is refused")
    func udp() async throws {
        let echo = try await LoopbackServer.udp { _ in [1] }
        let answered = await run(.udp(host: "127.0.0.1", port: echo.port))
        #expect(answered.output == "UDP 127.0.0.1:\(echo.port): answered")
        #expect(answered.status == .passing)
        let silent = try await LoopbackServer.udp { _ in nil }
        let nothing = await run(
            .udp(host: "127.0.0.1", port: silent.port),
            timeoutMilliseconds: 1_000
        )
        #expect(nothing.status == .passing)
        #expect(nothing.output == "UDP 127.0.0.1:\(silent.port): nothing refused")
        try await echo.stop()
        try await silent.stop()
        // Not a port that was free a moment ago: another test may have it by now.
        let refused = await run(.udp(host: "127.0.0.1", port: 1))
        #expect(refused.status == .critical)
        #expect(refused.output == "UDP 127.0.0.1:1: connection refused")
    }

    private func dnsServer(
        _ answer: @escaping @Sendable (Message) -> Message
    ) async throws -> LoopbackServer {
        try await LoopbackServer.udp { bytes in
            (try? Message(decoding: bytes)).map { answer($0).encoded() }
        }
    }

    private func reply(to query: Message, records: Int, code: UInt8 = 0) -> Message {
        var reply = query
        reply.edns = nil
        reply.header.isResponse = true
        reply.header.responseCodeBits = code
        for _ in 0..<records {
            reply.answer.append(
                ResourceRecord(
                    owner: query.questions[0].name,
                    type: .a,
                    ttlSeconds: 5,
                    rdata: [10, 0, 0, 1]
                )
            )
        }
        return reply
    }

    @Test("DNS is passing with NOERROR and a record, and critical without either")
    func dns() async throws {
        for (records, code, expected, words) in [
            (2, UInt8(0), HealthStatus.passing, "NOERROR, 2 records"),
            (0, 0, .critical, "NOERROR, 0 records"), (0, 3, .critical, "NXDOMAIN, 0 records"),
            (1, 2, .critical, "SERVFAIL, 1 record"),
        ] {
            let server = try await dnsServer { reply(to: $0, records: records, code: code) }
            let result = await run(
                .dns(host: "127.0.0.1", port: server.port, name: "web.test", type: "A")
            )
            #expect(result.status == expected)
            #expect(result.output == "DNS A web.test at 127.0.0.1:\(server.port): \(words)")
            try await server.stop()
        }
    }

    @Test("Datagrams that answer another question are not listened to")
    func strangers() async throws {
        let server = try await dnsServer { query in
            var reply = reply(to: query, records: 1)
            reply.header.id &+= 1
            return reply
        }
        let result = await run(
            .dns(host: "127.0.0.1", port: server.port, name: "web.test", type: "A"),
            timeoutMilliseconds: 150
        )
        #expect(result.output.hasSuffix("no answer within 150 ms"))
        try await server.stop()
    }

    @Test("A name or type that is none is critical and says so")
    func badQuestion() async {
        let type = await run(.dns(host: "127.0.0.1", port: 53, name: "a.test", type: "NOPE"))
        #expect(type.output.hasSuffix("\"NOPE\" is no record type"))
        let name = await run(.dns(host: "127.0.0.1", port: 53, name: "a..test", type: "A"))
        #expect(name.output.contains("\"a..test\" is no domain name"))
    }
}
