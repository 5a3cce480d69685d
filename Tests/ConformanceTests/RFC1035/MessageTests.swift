import DNSWire
import TestSupport
import Testing

@Suite("RFC 1035 §4: messages that are not what they should be")
struct MessageTests {
    /// A good query for `web.service.consul` A, to be spoiled.
    private static func query() throws -> [UInt8] {
        try Message.query(id: 0x1234, name: DomainName("web.service.consul"), type: .a).encoded()
    }

    private static func server() async throws -> RollcallProcess {
        let server = try await RollcallProcess.start(["--ephemeral"])
        try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
        return server
    }

    /// The code of the reply to raw bytes; nil for silence, which later good queries prove.
    ///
    /// The same socket, so the same worker. It may change the order of replies that leave together,
    /// but all of them leave before it takes the next query.
    private static func code(_ server: RollcallProcess, _ bytes: [UInt8]) throws -> UInt8? {
        let socket = try NetworkSocket(.udp, port: server.dnsPort)
        try socket.send(bytes)
        for proof in [0x77, 0x78] as [UInt8] {
            var good = try query()
            good[0] = proof
            try socket.send(good)
            while true {
                let reply = try socket.receive()
                guard reply.count >= 4 else { throw UnexpectedAnswer(description: "\(reply)") }
                if reply[0] == proof { break }
                if reply[0] != 0x77 { return reply[3] & 0xF }
            }
        }
        return nil
    }

    @Test("a response is not answered")
    func response() async throws {
        let server = try await Self.server()
        var bytes = try Self.query()
        bytes[2] |= 0x80
        #expect(try Self.code(server, bytes) == nil)
    }

    @Test("operations other than QUERY are NOTIMP", arguments: [1, 2, 3, 6, 15] as [UInt8])
    func opcode(_ opcode: UInt8) async throws {
        let server = try await Self.server()
        var bytes = try Self.query()
        bytes[2] |= opcode << 3
        #expect(try Self.code(server, bytes) == 4)
    }

    @Test("classes other than IN are REFUSED", arguments: [0, 3, 4, 254, 255] as [UInt8])
    func recordClass(_ value: UInt8) async throws {
        let server = try await Self.server()
        var bytes = try Self.query()
        bytes[bytes.count - 1] = value
        #expect(try Self.code(server, bytes) == 5)
    }

    @Test("a message that ends too early is FORMERR or nothing")
    func truncated() async throws {
        let server = try await Self.server()
        let bytes = try Self.query()
        for count in 0..<bytes.count {
            let code = try Self.code(server, Array(bytes.prefix(count)))
            #expect(code == nil || code == 1, "\(count) bytes: \(code ?? 0)")
            if count < 12 { #expect(code == nil, "\(count) bytes are no header") }
        }
    }

    @Test("no question, two questions and records that a query has not are FORMERR")
    func counts() async throws {
        let server = try await Self.server()
        for (position, value) in [(5, 0), (5, 2), (5, 255), (7, 1), (9, 1), (11, 1)] {
            var bytes = try Self.query()
            bytes[position] = UInt8(value)
            let code = try Self.code(server, bytes)
            #expect(
                code == 1,
                "count at byte \(position) is \(value): \(code.map(String.init) ?? "silence")"
            )
        }
    }

    @Test("a name with a pointer or an unknown label type is FORMERR")
    func badNames() async throws {
        let server = try await Self.server()
        for (first, second) in [(0xC0, 0x0C), (0xC0, 0xFF), (0x40, 0x01), (0x80, 0x01)] {
            var bytes = try Self.query()
            bytes[12] = UInt8(first)
            bytes[13] = UInt8(second)
            #expect(try Self.code(server, bytes) == 1, "\(first) \(second)")
        }
    }

    @Test("a name of more than 255 bytes is FORMERR")
    func longName() async throws {
        let server = try await Self.server()
        var bytes = Array(try Self.query().prefix(12))
        for _ in 0..<5 { bytes += [63] + [UInt8](repeating: 0x61, count: 63) }
        bytes += [0, 0, 1, 0, 1]
        #expect(try Self.code(server, bytes) == 1)
    }

    @Test("random bytes never stop the service")
    func noise() async throws {
        let server = try await Self.server()
        var bytes = try Self.query()
        for _ in 0..<2_000 {
            var noise = bytes
            for _ in 0..<Int.random(in: 1...6) {
                noise[.random(in: 0..<noise.count)] = .random(in: 0...255)
            }
            _ = try server.dns.exchangeUDP(noise, timeoutMilliseconds: 1)
        }
        bytes[0] = 9
        #expect(server.process.isRunning)
        #expect(try server.dns.addresses("web.service.consul") == ["10.0.1.1"])
    }
}
