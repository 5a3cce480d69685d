internal import ServiceCatalog
internal import Testing

@testable internal import HealthProber

@Suite("HTTP/2 ping probe")
struct HTTP2PingProbeTests {
    private func run(_ server: LoopbackServer, tls: TLSExpectation?) async -> ProbeResult {
        await ProbeRunner(policy: .privateNetworks).run(
            CheckDefinition(
                probe: .http2Ping(host: "127.0.0.1", port: server.port, tls: tls),
                timeoutMilliseconds: 30_000
            )
        )
    }

    @Test("a server that acknowledges the ping is passing, with TLS and without")
    func acknowledged() async throws {
        for tls in [nil, TLSExpectation(verifies: false)] {
            let server = try await LoopbackServer.grpc(tls: tls != nil)
            let result = await run(server, tls: tls)
            #expect(result.status == .passing, "\(result.output)")
            #expect(result.output == "HTTP/2 ping 127.0.0.1:\(server.port): acknowledged")
            try await server.stop()
        }
    }

    @Test("a server that does not speak HTTP/2 is critical")
    func otherProtocol() async throws {
        let server = try await LoopbackServer.http { _, _ in .init() }
        #expect(await run(server, tls: nil).status == .critical)
        try await server.stop()
    }
}
