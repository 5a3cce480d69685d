import DNSWire
import Synchronization
import Testing

@testable import DNSResponder

/// Keeps what it was asked and answers with a scope.
final class RecordingFallback: QueryFallback {
    let asked = Mutex<[FallbackQuery]>([])
    private let reply: FallbackReply

    init(reply: FallbackReply) { self.reply = reply }

    func answer(_ query: FallbackQuery) -> FallbackReply {
        asked.withLock { $0.append(query) }
        return reply
    }
}

@Suite("The client's subnet and address")
struct ClientSubnetTests {
    private let subnet = ClientSubnet(.v4(0xC000_024D), bits: 25)
    private let changes: [TableChange] = [
        .zone(testZone("consul.")),
        published("web.consul.", services(60)),
        .name(PublishedName(name: "near.query.consul.", here: .fallback)),
    ]

    private func option(_ payload: [UInt8]) -> EDNS.Option {
        EDNS.Option(code: EDNS.Option.clientSubnet, payload: payload)
    }

    private func edns(_ options: [EDNS.Option], payloadBytes: UInt16 = 1232) -> EDNS {
        EDNS(udpPayloadBytes: payloadBytes, options: options)
    }

    @Test("well-formed options are read, and written back with a scope")
    func values() throws {
        #expect(subnet.payload() == [0, 1, 25, 0, 192, 0, 2, 0])
        #expect(ClientSubnet(payload: subnet.payload()) == subnet)
        #expect(subnet.payload(scopePrefixLength: 25)[3] == 25)
        #expect(subnet.payload(scopePrefixLength: 99)[3] == 32)
        let v6 = ClientSubnet(try #require(IPAddress("2001:db8::1")), bits: 128)
        #expect(ClientSubnet(payload: v6.payload()) == v6)
        #expect(v6.payload().count + 4 == ClientSubnet.optionBytesMax)
        let whole = ClientSubnet(try #require(IPAddress("::1")), bits: 0)
        #expect(whole.payload() == [0, 2, 0, 0])
        #expect(ClientSubnet(payload: [0, 0, 0, 0]) == ClientSubnet.none)
        #expect(ClientSubnet.none.payload(scopePrefixLength: 8) == [0, 0, 0, 0])
    }

    @Test(
        "the table's answers repeat the option with scope 0, whatever they are",
        arguments: ["web.consul.", "nope.consul.", "consul.", "example.org."] as [DomainName]
    )
    func echoed(asked: DomainName) throws {
        let server = try makeServer(changes)
        for sent in [
            subnet, ClientSubnet(IPAddress("2001:db8::1")!, bits: 56),
            ClientSubnet(IPAddress("10.0.0.1")!, bits: 0), .none,
        ] {
            let reply = try server.ask(asked, .a, edns: edns([option(sent.payload())]))
            #expect(reply.edns?.options.first == option(sent.payload()))
        }
        #expect(try server.ask(asked, .a).edns?.options.contains { $0.code == 8 } == false)
    }

    @Test("the fallback is told address and subnet, and its scope goes out")
    func fallback() throws {
        for (scope, expected) in [(nil, 0), (25, 25), (200, 32)] as [(Int?, UInt8)] {
            let recorder = RecordingFallback(
                reply: FallbackReply(
                    responseCode: .noError,
                    answer: [
                        ResourceRecord(
                            owner: "near.query.consul.",
                            type: .a,
                            ttlSeconds: 5,
                            rdata: [10, 0, 0, 1]
                        )
                    ],
                    scopePrefixLength: scope
                )
            )
            let table = AnswerTable(readers: 1)
            try table.apply(changes)
            let server = try #require(
                InProcessServer(
                    configuration: ResponderConfiguration(listen: []),
                    table: table,
                    fallback: recorder
                )
            )
            let query = Message.query(
                id: 1,
                name: "near.query.consul.",
                type: .a,
                edns: edns([option(subnet.payload())])
            )
            let client = IPAddress("10.1.2.3")
            let bytes = try #require(server.serve(query.encoded(), client: client))
            let reply = try Message(decoding: bytes)
            #expect(reply.edns?.options == [option([0, 1, 25, expected, 192, 0, 2, 0])])
            let asked = recorder.asked.withLock { $0 }
            #expect(asked.map(\.client) == [client])
            #expect(asked.map(\.clientSubnet) == [subnet])
            // Without the option nothing is told, whatever the fallback says.
            let plain = try server.ask("near.query.consul.", .a)
            #expect(plain.edns?.options == [])
        }
    }

    @Test(
        "a malformed option gets FORMERR with an OPT and without the option",
        arguments: [
            [], [0, 1, 0], [0, 1, 24, 0, 1, 2], [0, 1, 24, 0, 1, 2, 3, 4],
            [0, 1, 33, 0, 1, 2, 3, 4, 5],
            [0, 1, 24, 24, 1, 2, 3], [0, 3, 8, 0, 1], [0, 0, 8, 0, 1], [0, 1, 20, 0, 1, 2, 0x1F],
            [0, 2, 129, 0] + [UInt8](repeating: 0, count: 17), [0, 0, 0, 0, 0],
        ] as [[UInt8]]
    )
    func malformed(payload: [UInt8]) throws {
        #expect(ClientSubnet(payload: payload) == nil)
        let server = try makeServer(changes)
        for options in [[option(payload)], [option(subnet.payload()), option(payload)]] {
            let reply = try server.ask("web.consul.", .srv, edns: edns(options))
            #expect(reply.responseCode == .formatError)
            #expect(reply.edns?.options == [])
        }
    }

    @Test("two options get FORMERR; with a version that is unknown no option counts")
    func twoAndVersion() throws {
        let server = try makeServer(changes)
        let two = [option(subnet.payload()), option(subnet.payload())]
        #expect(
            try server.ask("web.consul.", .a, edns: edns(two)).responseCode == .formatError
        )
        let later = EDNS(udpPayloadBytes: 1232, version: 1, options: [option([9])])
        let reply = try server.ask("web.consul.", .a, edns: later)
        #expect(reply.responseCode == .badVersion)
        #expect(reply.edns?.options == [])
    }

    @Test("no reply grows beyond the client's size, with the longest name, NSID and an IPv6 subnet")
    func size() throws {
        let label = String(repeating: "x", count: 60)
        let long = name("\(label).\(label).\(label).\(String(repeating: "y", count: 62)).consul.")
        let server = try makeServer(
            [
                .zone(testZone("consul.")), published(long, services(60)),
                published("web.consul.", services(60)),
            ],
            configuration: ResponderConfiguration(
                listen: [],
                nameServerIdentifier: [UInt8](repeating: 65, count: 128)
            )
        )
        let v6 = ClientSubnet(IPAddress("2001:db8::1")!, bits: 128)
        let options = [option(v6.payload()), EDNS.Option(code: 3, payload: [])]
        for asked in [long, "web.consul.", "nope.consul."] {
            for size in [512, 600, 1232] as [UInt16] {
                let sent = edns(options, payloadBytes: size)
                let query = Message.query(id: 1, name: asked, type: .srv, edns: sent).encoded()
                let bytes = try #require(server.serve(query))
                #expect(bytes.count <= Int(size))
                let reply = try Message(decoding: bytes)
                let codes = Set((reply.edns?.options ?? []).map(\.code))
                #expect(codes.isSuperset(of: [3, 8]))
            }
        }
    }

    @Test("over real sockets the fallback learns the client's address", arguments: [false, true])
    func address(overTCP: Bool) throws {
        let recorder = RecordingFallback(reply: FallbackReply(responseCode: .noError))
        let table = AnswerTable(readers: 1)
        try table.apply(changes)
        let responder = try Responder(
            configuration: ResponderConfiguration(
                listen: [ListenAddress(address: .v4(0x7F00_0001), port: 0)]
            ),
            table: table,
            fallback: recorder
        )
        responder.start()
        defer { responder.stop() }
        let client = SocketClient(to: responder.boundAddresses[0], overTCP: overTCP)
        let query = Message.query(id: 1, name: "near.query.consul.", type: .a).encoded()
        if overTCP {
            client.send([UInt8(query.count >> 8), UInt8(query.count & 0xFF)] + query)
            #expect(client.receiveMessage() != nil)
        } else {
            client.send(query)
            #expect(!client.receive().isEmpty)
        }
        #expect(recorder.asked.withLock { $0 }.map(\.client) == [.v4(0x7F00_0001)])
    }
}
