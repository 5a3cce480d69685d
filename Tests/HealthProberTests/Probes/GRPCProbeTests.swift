internal import NIOHPACK
internal import ServiceCatalog
internal import Testing

@testable internal import HealthProber

@Suite("gRPC probe")
struct GRPCProbeTests {
    private func run(
        _ server: LoopbackServer,
        service: String = "",
        timeoutMilliseconds: Int = 30_000
    ) async -> ProbeResult {
        await ProbeRunner(policy: .privateNetworks).run(
            CheckDefinition(
                probe: .grpc(host: "127.0.0.1", port: server.port, service: service, tls: nil),
                timeoutMilliseconds: timeoutMilliseconds
            )
        )
    }

    @Test(
        "SERVING is passing, every other status critical",
        arguments: [
            ([UInt8](arrayLiteral: 8, 1), HealthStatus.passing, "SERVING"),
            ([8, 2], .critical, "NOT_SERVING"), ([8, 3], .critical, "SERVICE_UNKNOWN"),
            ([], .critical, "UNKNOWN"), ([8, 9], .critical, "UNKNOWN"),
        ]
    )
    func statuses(message: [UInt8], expected: HealthStatus, name: String) async throws {
        let frame = [0, 0, 0, 0, UInt8(message.count)] + message
        let server = try await LoopbackServer.grpc(message: frame)
        let result = await run(server)
        #expect(result.status == expected)
        #expect(result.output == "gRPC 127.0.0.1:\(server.port): \(name)")
        try await server.stop()
    }

    @Test("The call names the service")
    func request() async throws {
        let seen = RequestLog()
        let server = try await LoopbackServer.grpc(message: [0, 0, 0, 0, 2, 8, 1], seen: seen)
        let result = await run(server, service: "pay")
        #expect(result.output == "gRPC 127.0.0.1:\(server.port)/pay: SERVING")
        #expect(
            seen.all == ["/grpc.health.v1.Health/Check", "[0, 0, 0, 0, 5, 10, 3, 112, 97, 121]"]
        )
        try await server.stop()
    }

    @Test(
        "Errors of gRPC and HTTP are critical and named",
        arguments: [
            ("200", "5", "NOT_FOUND"), ("200", "12", "UNIMPLEMENTED"), ("200", "99", "status 99"),
            ("404", "", "HTTP status 404"),
        ]
    )
    func errors(status: String, code: String, words: String) async throws {
        let server = try await LoopbackServer.grpc(
            headers: [":status": status],
            trailers: ["grpc-status": code]
        )
        let result = await run(server)
        #expect(result.status == .critical)
        #expect(result.output.contains(words))
        try await server.stop()
    }

    @Test("A server that speaks no HTTP/2 is critical")
    func notHTTP2() async throws {
        let server = try await LoopbackServer.http { _, _ in .init() }
        let result = await run(server, timeoutMilliseconds: 500)
        #expect(result.status == .critical)
        try await server.stop()
    }

    @Test("An answer that is cut short or no message is none")
    func malformed() {
        #expect(HealthCheckMessage.status(inResponse: []) == nil)
        #expect(HealthCheckMessage.status(inResponse: [0, 0, 0, 0, 2, 8]) == nil)
        #expect(HealthCheckMessage.status(inResponse: [1, 0, 0, 0, 2, 8, 1]) == nil)
        #expect(HealthCheckMessage.status(inResponse: [0, 0, 0, 0, 2, 18, 200]) == nil)
        let overlong: [UInt8] = [0, 0, 0, 0, 11] + Array(repeating: 0xFF, count: 11)
        #expect(HealthCheckMessage.status(inResponse: overlong) == nil)
        // Unknown fields of every wire type, then the status.
        let skipping: [UInt8] = [
            0, 0, 0, 0, 22, 16, 5, 25, 1, 2, 3, 4, 5, 6, 7, 8, 34, 1, 0, 45, 1, 2, 3, 4, 8, 1, 0,
        ]
        #expect(HealthCheckMessage.status(inResponse: Array(skipping.dropLast())) == nil)
        var exact = Array(skipping.dropLast())
        exact[4] = UInt8(exact.count - 5)
        #expect(HealthCheckMessage.status(inResponse: exact) == .serving)
    }
}
