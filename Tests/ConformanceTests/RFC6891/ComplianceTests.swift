import DNSWire
import TestSupport
import Testing

/// The list that the EDNS compliance checker goes through, over UDP and TCP.
@Suite("RFC 6891: the EDNS compliance list", .serialized)
struct ComplianceTests {
    /// A query for the apex's SOA with an OPT record made by hand.
    private struct HandMade {
        var name = "consul"
        var type = RecordType.soa
        var payloadBytes: UInt16 = 1232
        var version: UInt8 = 0
        /// DO is the highest bit; the others are Z.
        var flags: UInt16 = 0
        var options: [UInt8] = []

        func opt(owner: [UInt8] = [0]) -> [UInt8] {
            func two(_ value: Int) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }
            return owner + [0, 41] + two(Int(payloadBytes)) + [0, version] + two(Int(flags))
                + two(options.count) + options
        }

        /// The bytes, with these records in the additional section.
        func bytes(_ records: [[UInt8]]? = nil) throws -> [UInt8] {
            var bytes = Message.query(id: 7, name: try DomainName(name), type: type).encoded()
            let records = records ?? [opt()]
            bytes[11] = UInt8(records.count)
            return bytes + records.flatMap { $0 }
        }
    }

    private static func option(_ code: UInt16, _ payload: [UInt8]) -> [UInt8] {
        [UInt8(code >> 8), UInt8(code & 0xFF), 0, UInt8(payload.count)] + payload
    }

    private static let unknown = option(100, []) + option(65_001, [1, 2, 3])

    /// The reply over each transport, which must be the same but for TC.
    private static func replies(
        _ bytes: [UInt8],
        _ server: RollcallProcess
    ) throws -> [(message: Message, flags: UInt16)] {
        let datagram = try #require(try server.dns.exchangeUDP(bytes))
        return try [datagram, try server.dns.exchangeTCP(bytes)].map { reply in
            // The lower half of the TTL of the OPT, which is the last record.
            let message = try Message(decoding: reply)
            let optBytes = 11 + (message.edns?.rdata.count ?? 0)
            let start = reply.count - optBytes + 7
            let flags =
                message.edns == nil ? 0 : UInt16(reply[start]) << 8 | UInt16(reply[start + 1])
            return (message, flags)
        }
    }

    private func expectSOA(_ query: HandMade, _ server: RollcallProcess) throws {
        for reply in try Self.replies(query.bytes(), server) {
            let edns = try #require(reply.message.edns)
            #expect(reply.message.responseCode == .noError)
            #expect(reply.message.answer.map(\.type) == [.soa])
            #expect(edns.version == 0)
            #expect(edns.options.allSatisfy { $0.code != 100 && $0.code != 65_001 })
            // Z is sent as zero (§6.1.4); DO is copied (RFC 3225 §3).
            #expect(reply.flags == query.flags & 0x8000)
        }
    }

    @Test("plain DNS gets no OPT, EDNS gets one; unknown flags and options change nothing")
    func ignored() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        for reply in try Self.replies(HandMade().bytes([]), server) {
            #expect(reply.message.edns == nil)
            #expect(reply.message.answer.count == 1)
        }
        var query = HandMade()
        try expectSOA(query, server)
        for flags in [0x8000, 0x0080, 0x4000, 0x7FFF, 0xFFFF] as [UInt16] {
            query.flags = flags
            try expectSOA(query, server)
        }
        query.options = Self.unknown
        try expectSOA(query, server)
    }

    @Test("another version is BADVERS with version 0, whatever else is in the OPT")
    func versions() async throws {
        let server = try await RollcallProcess.start(["--ephemeral", "--node-name", "east-7"])
        let identifier = Self.option(EDNS.Option.nameServerIdentifier, [])
        for version in [1, 2, 100, 255] as [UInt8] {
            for flags in [0, 0x8000, 0x0080] as [UInt16] {
                for options in [[], Self.unknown, identifier] {
                    let query = HandMade(version: version, flags: flags, options: options)
                    for reply in try Self.replies(query.bytes(), server) {
                        let edns = try #require(reply.message.edns)
                        #expect(reply.message.responseCode == .badVersion)
                        #expect(edns.version == 0)
                        #expect(edns.options.allSatisfy { $0.code != 100 && $0.code != 65_001 })
                        #expect(reply.message.answer.isEmpty && reply.message.authority.isEmpty)
                        #expect(reply.flags & 0x7FFF == 0)
                    }
                }
            }
        }
    }

    @Test("a reply that is cut has TC and the OPT, and the question")
    func truncation() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        for number in 1...60 {
            try server.register(
                #"{"service": "web", "id": "\#(number)", "host": "10.0.1.\#(number)", "port": 1}"#
            )
        }
        for size in [0, 512, 600, 1232, 4096] as [UInt16] {
            let query = HandMade(
                name: "web.service.consul",
                type: .srv,
                payloadBytes: size,
                options: Self.option(EDNS.Option.nameServerIdentifier, [])
            )
            let bytes = try #require(try server.dns.exchangeUDP(query.bytes()))
            #expect(bytes.count <= min(max(512, Int(size)), 1232))
            let reply = try Message(decoding: bytes)
            #expect(reply.header.isTruncated)
            #expect(reply.questions.count == 1)
            let edns = try #require(reply.edns)
            #expect(edns.options.map(\.code) == [EDNS.Option.nameServerIdentifier])
            let whole = try Message(decoding: server.dns.exchangeTCP(query.bytes()))
            #expect(!whole.header.isTruncated && whole.answer.count == 60)
        }
    }

    @Test("a client subnet comes back as it was sent, with scope 0 where all get the same")
    func clientSubnet() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        let subnets: [[UInt8]] = [
            [0, 1, 24, 0, 192, 0, 2], [0, 1, 0, 0], [0, 2, 33, 0, 0x20, 1, 0x0D, 0xB8, 0x80],
        ]
        for subnet in subnets {
            let query = HandMade(options: Self.option(EDNS.Option.clientSubnet, subnet))
            for reply in try Self.replies(query.bytes(), server) {
                let option = reply.message.edns?.options.first {
                    $0.code == EDNS.Option.clientSubnet
                }
                #expect(option?.payload == subnet)
                #expect(reply.message.answer.count == 1)
            }
        }
    }

    @Test("a malformed client subnet is FORMERR (RFC 7871 §7.1.2)")
    func malformedSubnets() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        let subnets: [[UInt8]] = [
            [], [0, 1], [0, 1, 24], [0, 1, 24, 0, 192, 0], [0, 1, 24, 0, 192, 0, 2, 1],
            [0, 1, 24, 8, 192, 0, 2], [0, 1, 33, 0, 192, 0, 2, 1, 0], [0, 3, 0, 0],
            [0, 1, 20, 0, 192, 0, 0x1F],
        ]
        for subnet in subnets {
            let query = HandMade(options: Self.option(EDNS.Option.clientSubnet, subnet))
            for reply in try Self.replies(query.bytes(), server) {
                #expect(reply.message.responseCode == .formatError, "\(subnet)")
            }
        }
    }

    @Test("the OPT may stand anywhere in the additional section, with an owner it is FORMERR")
    func places() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        let opt = HandMade().opt()
        // `x. 1 IN A 192.0.2.1`
        let other: [UInt8] = [1, 0x78, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 1]
        for records in [[opt, other], [other, opt], [other, opt, other]] {
            for reply in try Self.replies(HandMade().bytes(records), server) {
                #expect(reply.message.responseCode == .noError)
                #expect(reply.message.edns != nil)
            }
        }
        let owned = HandMade().opt(owner: [1, 0x78, 0])
        for records in [[opt, opt], [opt, other, opt], [owned], [opt, owned]] {
            for reply in try Self.replies(HandMade().bytes(records), server) {
                #expect(reply.message.responseCode == .formatError)
                #expect(reply.message.answer.isEmpty)
            }
        }
    }

    @Test("an OPT in the answer or authority section is FORMERR")
    func sections() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        for counter in [7, 9] {
            var bytes = try HandMade().bytes()
            bytes[11] = 0
            bytes[counter] = 1
            for reply in try Self.replies(bytes, server) {
                #expect(reply.message.responseCode == .formatError)
            }
        }
    }

    @Test("options whose lengths do not add up are FORMERR")
    func lengths() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        let broken: [[UInt8]] = [
            [0], [0, 3], [0, 3, 0], [0, 3, 0, 1], [0, 100, 0xFF, 0xFF, 1],
            Self.option(100, [1, 2]) + [0, 3, 0],
        ]
        for options in broken {
            for reply in try Self.replies(HandMade(options: options).bytes(), server) {
                #expect(reply.message.responseCode == .formatError, "\(options)")
            }
        }
        // The OPT says that it is longer than the message, or shorter.
        for length in [1, 255, 3] as [UInt8] {
            var bytes = try HandMade(options: length == 3 ? Self.unknown : []).bytes()
            let opt = length == 3 ? Self.unknown.count : 0
            bytes[bytes.count - opt - 1] = length
            for reply in try Self.replies(bytes, server) {
                #expect(reply.message.responseCode == .formatError, "\(length)")
            }
        }
    }

    @Test("errors carry the OPT too")
    func errors() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        let cases: [(String, RecordType, ResponseCode)] = [
            ("nothing.service.consul", .a, .nameError), ("example.net", .a, .refused),
            ("service.consul", .a, .noError),
        ]
        for (name, type, code) in cases {
            for reply in try Self.replies(HandMade(name: name, type: type).bytes(), server) {
                #expect(reply.message.responseCode == code)
                #expect(reply.message.edns != nil)
            }
        }
    }
}
