import DNSWire
import TestSupport
import Testing

@Suite("RFC 8482 and 5936: what is not given to everyone")
struct AnyTests {
    @Test("ANY gets one small RRset, not everything")
    func any() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        try CatalogSample.register(at: server)
        for kind in [NetworkSocket.Kind.udp, .tcp] {
            let reply = try server.dns.ask("web.service.consul", .any, over: kind)
            #expect(reply.responseCode == .noError)
            #expect(!reply.answer.isEmpty)
            #expect(Set(reply.answer.map(\.type)).count == 1)
        }
        let unknown = try server.dns.ask("nothing.service.consul", .any)
        #expect(unknown.responseCode == .nameError)
    }

    @Test("transfers are refused", arguments: [RecordType.axfr, .ixfr])
    func transfers(_ type: RecordType) async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        for kind in [NetworkSocket.Kind.udp, .tcp] {
            let reply = try server.dns.ask("consul", type, over: kind)
            #expect(reply.responseCode == .refused, "\(kind)")
            #expect(reply.answer.isEmpty)
        }
    }
}
