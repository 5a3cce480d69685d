import DNSWire
import TestSupport
import Testing

@Suite("RFC 6891, 5001, 8914: EDNS")
struct ExtensionTests {
    @Test("an unknown version is BADVERS, with our own")
    func version() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        for version in [1, 7, 255] as [UInt8] {
            let reply = try server.dns.ask(
                "consul",
                .soa,
                edns: EDNS(udpPayloadBytes: 1232, version: version)
            )
            #expect(reply.responseCode == .badVersion)
            #expect(reply.edns?.version == 0)
            #expect(reply.answer.isEmpty)
        }
    }

    @Test("unknown options and flags are ignored and not sent back")
    func unknownOptions() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        let options = [
            EDNS.Option(code: 65_001, payload: [1, 2, 3]), EDNS.Option(code: 100, payload: []),
            EDNS.Option(code: 10, payload: [1, 2, 3, 4, 5, 6, 7, 8]),
        ]
        let reply = try server.dns.ask(
            "consul",
            .soa,
            edns: EDNS(udpPayloadBytes: 1232, options: options)
        )
        #expect(reply.responseCode == .noError)
        #expect(reply.answer.count == 1)
        #expect(reply.edns?.options.contains { [65_001, 100].contains($0.code) } == false)
    }

    @Test("two OPT records are FORMERR")
    func twice() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        let edns = EDNS(udpPayloadBytes: 1232)
        var bytes = Message.query(id: 5, name: try DomainName("consul"), type: .soa, edns: edns)
            .encoded()
        bytes += bytes.suffix(11)
        bytes[11] = 2
        let reply = try #require(try server.dns.exchangeUDP(bytes))
        #expect(reply[3] & 0xF == 1)
    }

    @Test("NSID names the server that answered, if asked")
    func identifier() async throws {
        let server = try await RollcallProcess.start(["--ephemeral", "--node-name", "east-7"])
        let asked = EDNS(
            udpPayloadBytes: 1232,
            options: [EDNS.Option(code: EDNS.Option.nameServerIdentifier, payload: [])]
        )
        let reply = try server.dns.ask("consul", .soa, edns: asked)
        let option = reply.edns?.options.first { $0.code == EDNS.Option.nameServerIdentifier }
        #expect(option.map { String(decoding: $0.payload, as: UTF8.self) } == "east-7")
        let unasked = try server.dns.ask("consul", .soa, edns: EDNS(udpPayloadBytes: 1232))
        #expect(unasked.edns?.options.isEmpty == true)
    }

    @Test("a client's size below 512 counts as 512")
    func smallSize() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        for number in 1...20 {
            try server.register(
                #"{"service": "web", "id": "\#(number)", "host": "10.0.1.\#(number)", "port": 1}"#
            )
        }
        let reply = try server.dns.ask("web.service.consul", .a, edns: EDNS(udpPayloadBytes: 100))
        #expect(!reply.header.isTruncated)
        #expect(reply.answer.count == 20)
    }
}
