import DNSWire
import Testing

@testable import DNSResponder

@Suite("Hostile and unusual queries")
struct MalformedQueryTests {
    private let server: InProcessServer

    init() throws {
        server = try makeServer(
            [
                .zone(testZone("consul.")),
                published("web.consul.", services(60)),
                .name(
                    PublishedName(
                        name: "noted.consul.",
                        here: .rrsets([addresses("10.0.0.1")]),
                        note: ExtendedError(infoCode: 0, extraText: "1/3 unhealthy")
                    )
                ),
            ],
            configuration: ResponderConfiguration(
                listen: [],
                nameServerIdentifier: Array("node-1".utf8)
            )
        )
    }

    private func query(_ edns: EDNS? = EDNS(udpPayloadBytes: 1232)) -> [UInt8] {
        Message.query(id: 7, name: "web.consul.", type: .srv, edns: edns).encoded()
    }

    private func code(of reply: [UInt8]?) -> UInt8? { reply.map { $0[3] & 0xF } }

    @Test("every truncation of a query gets FORMERR or silence")
    func truncations() {
        let whole = query(
            EDNS(udpPayloadBytes: 1232, options: [EDNS.Option(code: 65_001, payload: [1, 2, 3])])
        )
        for count in 0..<whole.count {
            let reply = server.serve(Array(whole.prefix(count)))
            #expect(count < 12 ? reply == nil : code(of: reply) == 1, "\(count) bytes")
        }
        #expect(code(of: server.serve(whole)) == 0)
        #expect(code(of: server.serve(whole + [0])) == 1)
    }

    @Test("mutated queries never crash, and replies keep to the limit")
    func mutations() {
        var generator = SeededGenerator(state: 99)
        let whole = query()
        for _ in 0..<20_000 {
            var mutated = whole
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let index = Int.random(in: 0..<mutated.count, using: &generator)
                mutated[index] = UInt8.random(in: 0...255, using: &generator)
            }
            let reply = server.serve(mutated)
            if mutated[2] & 0x80 != 0 {
                #expect(reply == nil)
            } else {
                #expect((12...1232).contains(reply?.count ?? 0))
                #expect(reply?[0] == mutated[0] && reply?[1] == mutated[1])
            }
        }
    }

    @Test("a reply, and a message shorter than a header, get silence")
    func silence() {
        var response = query()
        response[2] |= 0x80
        #expect(server.serve(response) == nil)
        #expect(server.serve([]) == nil)
        #expect(server.serve([UInt8](repeating: 0, count: 11)) == nil)
    }

    @Test("an opcode other than QUERY gets NOTIMP with the opcode and the question")
    func opcode() throws {
        var update = query()
        update[2] = 5 << 3
        let reply = try Message(decoding: try #require(server.serve(update)))
        #expect(reply.responseCode == .notImplemented)
        #expect(reply.header.opcode == 5)
        #expect(reply.questions.first?.name == "web.consul.")
    }

    @Test("a message with an OPT gets a reply with one, whatever its opcode", arguments: 1...15)
    func opcodeWithOPT(_ opcode: UInt8) throws {
        let bare = Message(header: Header(id: 7), edns: EDNS(udpPayloadBytes: 1232)).encoded()
        for message in [query(), bare] {
            var other = message
            other[2] = opcode << 3
            let reply = try Message(decoding: try #require(server.serve(other)))
            #expect(reply.responseCode == .notImplemented)
            #expect(reply.edns?.udpPayloadBytes == 1232)
            // Length, flags, then the version.
            other[other.count - 5] = 1
            let unknown = try Message(decoding: try #require(server.serve(other)))
            #expect(unknown.responseCode == .badVersion)
        }
        var plain = query(nil)
        plain[2] = opcode << 3
        #expect(try Message(decoding: try #require(server.serve(plain))).edns == nil)
    }

    @Test("options that end too early get FORMERR with an OPT, of another version BADVERS")
    func optionsThatEndEarly() throws {
        for payload in [[0], [0, 3, 0], [0, 3, 0, 9, 1]] as [[UInt8]] {
            var bytes = query()
            bytes[bytes.count - 1] = UInt8(payload.count)
            bytes += payload
            let reply = try Message(decoding: try #require(server.serve(bytes)))
            #expect(reply.responseCode == .formatError)
            #expect(reply.edns?.udpPayloadBytes == 1232)
            bytes[bytes.count - payload.count - 5] = 1
            let later = try Message(decoding: try #require(server.serve(bytes)))
            #expect(later.responseCode == .badVersion)
        }
    }

    @Test("whatever is wrong around an OPT, FORMERR comes with one (RFC 6891 §7)")
    func formatErrorsWithOPT() throws {
        let whole = query()
        let plain = query(nil)
        let opt = Array(whole.suffix(11))
        let owned = [1, 0x78] + opt
        let beyond = opt.dropLast() + [5]
        // Counts of the header, what follows it, and whether an OPT can be seen in that.
        let question = Array(plain[12...])
        let cases: [(counts: [UInt8], rest: [UInt8], isSeen: Bool)] = [
            ([1, 0, 0, 1], question + opt + [0], true), ([1, 0, 0, 2], question + opt + opt, true),
            ([1, 0, 0, 2], question + opt + [1, 0x78], true),
            ([1, 0, 0, 1], question + owned, true), ([1, 0, 0, 1], question + beyond, true),
            ([1, 1, 0, 0], question + opt, true), ([1, 0, 1, 0], question + opt, true),
            ([0, 0, 0, 1], opt, true), ([2, 0, 0, 1], question + question + opt, true),
            ([1, 0, 0, 1], question + opt.dropLast(), false), ([2, 0, 0, 1], opt, false),
            ([1, 0, 0, 1], [0xC0, 12, 0, 1, 0, 1] + opt, false),
            ([255, 255, 255, 255], question, false),
        ]
        for (counts, rest, isSeen) in cases {
            let bytes = plain[..<4] + counts.flatMap { [0, $0] } + rest
            let reply = try Message(decoding: try #require(server.serve(Array(bytes))))
            #expect(reply.responseCode == .formatError, "\(counts) \(rest)")
            #expect((reply.edns != nil) == isSeen, "\(counts) \(rest)")
            #expect(reply.questions.count == (counts[0] == 1 && rest[0] != 0xC0 ? 1 : 0))
        }
    }

    @Test("of a version that is not known no option is read, of its OPT the size")
    func unknownVersion() throws {
        let edns = EDNS(
            udpPayloadBytes: 600,
            version: 1,
            dnssecOK: true,
            options: [EDNS.Option(code: 3, payload: []), EDNS.Option(code: 10, payload: [1])]
        )
        let reply = try server.ask("web.consul.", .srv, edns: edns)
        #expect(reply.responseCode == .badVersion)
        #expect(reply.edns?.options == [] && reply.edns?.dnssecOK == true)
    }

    @Test("no question, or two, get FORMERR")
    func questionCount() {
        for count in [0, 2] as [UInt8] {
            var bytes = query(nil)
            bytes[5] = count
            #expect(code(of: server.serve(bytes)) == 1)
        }
    }

    @Test("a compression pointer in the question gets FORMERR with the header only")
    func pointer() {
        let bytes: [UInt8] = [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xC0, 12, 0, 1, 0, 1]
        let reply = server.serve(bytes)
        #expect(reply?.count == 12)
        #expect(code(of: reply) == 1)
    }

    @Test("classes, transfers, meta types and TSIG get their codes")
    func codes() throws {
        let transfer = try server.ask("consul.", .axfr, overTCP: true)
        #expect(transfer.responseCode == .refused)
        #expect(try server.ask("consul.", .ixfr).responseCode == .refused)
        #expect(try server.ask("consul.", .opt).responseCode == .formatError)
        #expect(try server.ask("consul.", .tsig).responseCode == .formatError)
        var chaos = query(nil)
        chaos[chaos.count - 1] = 3
        #expect(code(of: server.serve(chaos)) == 5)
        var signed = query(nil)
        signed[11] = 1
        signed += [0, 0, 250, 0, 255, 0, 0, 0, 0, 0, 0]
        #expect(code(of: server.serve(signed)) == 9)
    }

    @Test("EDNS version 1 gets BADVERS with an OPT; two OPTs get FORMERR")
    func ednsErrors() throws {
        let reply = try server.ask("web.consul.", .a, edns: EDNS(udpPayloadBytes: 1232, version: 1))
        #expect(reply.responseCode == .badVersion)
        #expect(reply.edns?.version == 0)
        var twice = query()
        twice += twice.suffix(11)
        twice[11] = 2
        #expect(code(of: server.serve(twice)) == 1)
    }

    @Test("DO, RD and CD are mirrored, AD and RA are not set, and NSID only when asked")
    func mirrored() throws {
        var message = Message.query(
            id: 1,
            name: "noted.consul.",
            type: .a,
            edns: EDNS(
                udpPayloadBytes: 4096,
                dnssecOK: true,
                options: [
                    EDNS.Option(code: 3, payload: []), EDNS.Option(code: 65_001, payload: [1]),
                ]
            )
        )
        message.header.recursionDesired = true
        message.header.checkingDisabled = true
        message.header.authenticData = true
        let reply = try Message(decoding: try #require(server.serve(message.encoded())))
        #expect(reply.edns?.dnssecOK == true)
        #expect(reply.header.recursionDesired)
        #expect(reply.header.checkingDisabled)
        #expect(!reply.header.authenticData)
        #expect(!reply.header.recursionAvailable)
        #expect(reply.edns?.options.first == EDNS.Option(code: 3, payload: Array("node-1".utf8)))
        #expect(reply.edns?.extendedErrors.map(\.extraText) == ["1/3 unhealthy"])
        #expect(try server.ask("noted.consul.", .a).edns?.options.map(\.code) == [15])
    }
}
