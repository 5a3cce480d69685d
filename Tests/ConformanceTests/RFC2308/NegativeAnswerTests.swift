import DNSWire
import TestSupport
import Testing

@Suite("RFC 2308 and 8020: what there is not")
struct NegativeAnswerTests {
    @Test("a known service without a healthy instance is NODATA, and says why")
    func noHealthyInstance() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        try CatalogSample.register(at: server)
        let reply = try server.dns.ask(
            "down.service.consul",
            .a,
            edns: EDNS(udpPayloadBytes: 1232)
        )
        #expect(reply.responseCode == .noError)
        #expect(reply.answer.isEmpty)
        #expect(reply.authority.map(\.type) == [.soa])
        let reasons = reply.edns?.extendedErrors ?? []
        #expect(reasons.contains { $0.extraText.contains("1/1") }, "\(reasons)")
    }

    @Test("a name that never was is NXDOMAIN")
    func unknown() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        for name in ["nothing.service.consul", "nothing.node.consul", "a.b.c.consul", "web.consul"]
        {
            let reply = try server.dns.ask(name, .a)
            #expect(reply.responseCode == .nameError, "\(name)")
            #expect(reply.authority.map(\.owner) == [try DomainName("consul")])
        }
    }

    @Test("an empty non-terminal is NODATA")
    func emptyNonTerminals() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        try CatalogSample.register(at: server)
        let names = [
            "consul", "dc1.consul", "service.consul", "node.consul", "addr.consul",
            "service.dc1.consul", "_tcp.consul", "_tcp.service.consul", "1.web.service.consul",
        ]
        for name in names {
            let reply = try server.dns.ask(name, .mx)
            #expect(reply.responseCode == .noError, "\(name)")
            #expect(reply.authority.map(\.type) == [.soa], "\(name)")
        }
    }

    @Test("the time that nothing is remembered is set by the configuration")
    func negativeTTL() async throws {
        let server = try await RollcallProcess.start(
            ["--ephemeral"],
            settings: ["ROLLCALL_DNS_NEGATIVE_TTL": "7s"]
        )
        let soa = try server.dns.ask("nothing.service.consul", .a).authority.first
        #expect(soa?.ttlSeconds == 7)
        #expect(soa?.rdata.suffix(4) == [0, 0, 0, 7])
        let byDefault = try await RollcallProcess.start(["--ephemeral"])
        let reply = try byDefault.dns.ask("nothing.service.consul", .a)
        #expect(reply.authority.first?.ttlSeconds == 1)
    }

    @Test("the serial grows with each change")
    func serial() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        func serial() throws -> UInt32 {
            let soa = try server.dns.ask("consul", .soa).answer.first
            return soa?.rdata.suffix(20).prefix(4).reduce(0) { $0 << 8 | UInt32($1) } ?? 0
        }
        var last = try serial()
        for number in 1...3 {
            try server.register(#"{"service": "web", "host": "10.0.1.\#(number)", "port": 80}"#)
            let now = try serial()
            #expect(now > last)
            last = now
        }
    }
}
