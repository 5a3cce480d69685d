import DNSWire
import TestSupport
import Testing

@Suite("RFC 7766: DNS over TCP")
struct StreamTests {
    private static func query(_ id: UInt16) throws -> [UInt8] {
        DNSClient.framed(
            Message.query(id: id, name: try DomainName("consul"), type: .soa).encoded()
        )
    }

    @Test("many queries on one connection, sent without waiting, are all answered")
    func pipelining() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        let socket = try NetworkSocket(.tcp, port: server.dnsPort)
        let ids = (1...500).map { UInt16($0) }
        try socket.send(try ids.flatMap { try Self.query($0) })
        var seen: Set<UInt16> = []
        for _ in ids {
            let reply = try Message(decoding: try DNSClient.receiveFramed(from: socket))
            #expect(reply.answer.count == 1)
            seen.insert(reply.header.id)
        }
        #expect(seen == Set(ids))
    }

    @Test("a query that comes byte by byte is answered")
    func fragments() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        let socket = try NetworkSocket(.tcp, port: server.dnsPort)
        for byte in try Self.query(3) { try socket.send([byte]) }
        let reply = try Message(decoding: try DNSClient.receiveFramed(from: socket))
        #expect(reply.header.id == 3)
    }

    @Test("a client that has finished sending still gets its answers")
    func halfClosed() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        let socket = try NetworkSocket(.tcp, port: server.dnsPort)
        try socket.send(try Self.query(4) + Self.query(5))
        socket.finishSending()
        for id in [4, 5] as [UInt16] {
            let reply = try Message(decoding: try DNSClient.receiveFramed(from: socket))
            #expect(reply.header.id == id)
        }
        #expect(try socket.receive().isEmpty)
    }

    @Test("a connection that is silent is closed after the idle time")
    func idle() async throws {
        let server = try await RollcallProcess.start(
            ["--ephemeral"],
            settings: ["ROLLCALL_DNS_TCP_IDLE_TIMEOUT": "1s"]
        )
        let socket = try NetworkSocket(.tcp, port: server.dnsPort)
        try socket.send(try Self.query(6))
        _ = try DNSClient.receiveFramed(from: socket)
        // The end of the stream, not the five seconds after which this side gives up.
        #expect(try socket.receive().isEmpty)
        // Half a message does not count as work.
        let half = try NetworkSocket(.tcp, port: server.dnsPort)
        try half.send([0, 40, 1, 2, 3])
        #expect(try half.receive().isEmpty)
    }

    @Test("an answer too large for UDP is complete over TCP, and UDP says so")
    func large() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        let lines = (0..<400).map {
            #"{"service": "web", "id": "web-\#($0)", "host": "10.1.\#($0 / 250).\#($0 % 250 + 1)", "port": 80}"#
        }
        let imported = try server.http(
            "POST",
            "/import",
            lines.joined(separator: "\n"),
            timeoutMilliseconds: 60_000
        )
        #expect(imported.json["imported"].number == 400, "\(imported)")
        let name = try DomainName("web.service.consul")
        for type in [RecordType.a, .srv] {
            let cut = try server.dns.ask(name, type, edns: EDNS(udpPayloadBytes: 1232))
            #expect(cut.header.isTruncated)
            #expect(cut.edns != nil)
            let whole = try server.dns.ask(name, type, over: .tcp)
            #expect(!whole.header.isTruncated, "\(type)")
            #expect(whole.answer.count == 400, "\(type): \(whole.answer.count)")
        }
    }

    @Test("connections that do nothing do not keep others out")
    func hoarders() async throws {
        let server = try await RollcallProcess.start(
            ["--ephemeral"],
            settings: ["ROLLCALL_DNS_TCP_CONNECTIONS_MAX": "20"]
        )
        let hoarded = try (0..<60).map { _ in try NetworkSocket(.tcp, port: server.dnsPort) }
        try await eventually("a further client is served over TCP", within: .seconds(60)) {
            try server.dns.ask("consul", .soa, over: .tcp).answer.count == 1
        }
        #expect(hoarded.count == 60)
        #expect(try server.dns.ask("consul", .soa).answer.count == 1)
    }
}
