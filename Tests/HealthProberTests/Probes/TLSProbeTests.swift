internal import Foundation
internal import ServiceCatalog
internal import Testing

@testable internal import HealthProber

@Suite("Probes over TLS")
struct TLSProbeTests {
    private func check(_ probe: CheckDefinition.Probe) -> CheckDefinition {
        CheckDefinition(probe: probe, timeoutMilliseconds: 30_000)
    }

    private func https(_ port: Int, _ tls: TLSExpectation?) -> CheckDefinition {
        check(.http(HTTPProbe(url: "https://127.0.0.1:\(port)/", tls: tls)))
    }

    private func withTrust(_ body: (ProbeRunner) async throws -> Void) async throws {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "rollcall-test-\(UUID().uuidString).pem")
        try TestCertificate.certificate.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        try await body(
            ProbeRunner(policy: .privateNetworks, trustedAuthoritiesFile: file.path)
        )
    }

    @Test("An unknown authority is critical and says so, unless the check does not verify")
    func unknownAuthority() async throws {
        let server = try await LoopbackServer.http(tls: true) { _, _ in .init(body: "secure") }
        let runner = ProbeRunner(policy: .privateNetworks)
        let result = await runner.run(https(server.port, nil))
        #expect(result.status == .critical)
        #expect(result.output.hasSuffix("TLS: the server's certificate is not trusted"))
        #expect(result.evidence == .answer)
        let lax = await runner.run(https(server.port, TLSExpectation(verifies: false)))
        #expect(lax.status == .passing)
        #expect(lax.output.hasSuffix("Output: secure"))
        let tcp = await runner.run(
            check(.tcp(host: "127.0.0.1", port: server.port, tls: TLSExpectation()))
        )
        #expect(tcp.status == .critical)
        #expect(tcp.output.hasSuffix("TLS: the server's certificate is not trusted"))
        try await server.stop()
    }

    @Test("A trusted certificate passes for its own names only")
    func names() async throws {
        let server = try await LoopbackServer.http(host: "127.0.0.2", tls: true) { _, _ in .init() }
        let elsewhere = try await LoopbackServer.http(tls: true) { _, _ in .init() }
        try await withTrust { runner in
            for (server, host, name, expected) in [
                (server, "127.0.0.2", "", HealthStatus.passing),
                (server, "127.0.0.2", "probe.test", .passing),
                (elsewhere, "127.0.0.1", "probe.test", .passing),
                (elsewhere, "127.0.0.1", "", .critical),
                (elsewhere, "127.0.0.1", "other.test", .critical),
            ] {
                let tls = TLSExpectation(serverName: name)
                let url = "https://\(host):\(server.port)/"
                let https = await runner.run(check(.http(HTTPProbe(url: url, tls: tls))))
                #expect(https.status == expected, "\(host), \(name): \(https.output)")
                let tcp = await runner.run(check(.tcp(host: host, port: server.port, tls: tls)))
                #expect(tcp.status == expected, "\(host), \(name): \(tcp.output)")
            }
        }
        try await server.stop()
        try await elsewhere.stop()
    }

    @Test("A server that does not speak TLS is critical")
    func plainServer() async throws {
        let server = try await LoopbackServer.http { _, _ in .init() }
        let runner = ProbeRunner(policy: .privateNetworks)
        let result = await runner.run(https(server.port, TLSExpectation(verifies: false)))
        #expect(result.status == .critical)
        #expect(result.output.contains("TLS: the server does not speak TLS"))
        try await server.stop()
    }

    @Test("gRPC over TLS speaks HTTP/2")
    func grpc() async throws {
        let server = try await LoopbackServer.grpc(tls: true, message: [0, 0, 0, 0, 2, 8, 1])
        let runner = ProbeRunner(policy: .privateNetworks)
        let result = await runner.run(
            check(
                .grpc(
                    host: "127.0.0.1",
                    port: server.port,
                    service: "",
                    tls: TLSExpectation(verifies: false)
                )
            )
        )
        #expect(result.status == .passing, "\(result.output)")
        try await server.stop()
    }
}
