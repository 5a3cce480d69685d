import DNSWire
import Testing

@testable import DNSResponder

@Suite("A note on all answers of a zone")
struct ZoneNoteTests {
    private let table = AnswerTable(readers: 1)
    private let stale = ExtendedError(infoCode: ExtendedError.staleAnswer, extraText: "held")

    private func server(_ fallback: FixedFallback = FixedFallback()) throws -> InProcessServer {
        try table.apply([
            .zone(testZone("consul")),
            .zone(testZone("example")),
            .name(
                PublishedName(
                    name: "web.service.consul",
                    here: .rrsets([addresses("10.0.0.1")]),
                    note: ExtendedError(infoCode: ExtendedError.other, extraText: "1/2 unhealthy")
                )
            ),
            .name(PublishedName(name: "slow.consul", here: .fallback)),
            published("www.example", addresses("10.0.0.2")),
        ])
        return try #require(
            InProcessServer(
                configuration: ResponderConfiguration(listen: []),
                table: table,
                fallback: fallback
            )
        )
    }

    private func notes(
        _ server: borrowing InProcessServer,
        _ name: DomainName,
        udpPayloadBytes: UInt16 = 1232
    ) throws -> [ExtendedError] {
        let query = Message.query(
            id: 1,
            name: name,
            type: .a,
            edns: EDNS(udpPayloadBytes: udpPayloadBytes)
        )
        let bytes = try #require(server.serve(query.encoded(), overTCP: false))
        #expect(bytes.count <= max(512, udpPayloadBytes))
        return try Message(decoding: bytes).edns?.extendedErrors ?? []
    }

    @Test("comes after the name's own, with positive and negative answers, and goes again")
    func comesAndGoes() throws {
        let server = try server()
        let own = ExtendedError(infoCode: ExtendedError.other, extraText: "1/2 unhealthy")
        #expect(try notes(server, "web.service.consul") == [own])
        try table.apply([.note(apex: "consul", stale)])
        #expect(try notes(server, "web.service.consul") == [own, stale])
        #expect(try notes(server, "service.consul") == [stale])
        #expect(try notes(server, "gone.service.consul") == [stale])
        #expect(try notes(server, "www.example") == [])
        // A new SOA leaves it as it is.
        try table.apply([.zone(testZone("consul", serial: 2)), .serial(apex: "consul", 3)])
        #expect(try notes(server, "gone.service.consul") == [stale])
        try table.apply([.note(apex: "consul", nil)])
        #expect(try notes(server, "web.service.consul") == [own])
        #expect(try notes(server, "service.consul") == [])
    }

    @Test("is in what the slow path answers, as far as it fits")
    func slowPath() throws {
        let long = ExtendedError(
            infoCode: ExtendedError.other,
            extraText: String(repeating: "x", count: 190)
        )
        let server = try server(
            FixedFallback(
                reply: FallbackReply(
                    responseCode: .noError,
                    isAuthoritative: true,
                    answer: [
                        ResourceRecord(
                            owner: "slow.consul",
                            type: .txt,
                            ttlSeconds: 5,
                            rdata: [200] + [UInt8](repeating: 65, count: 200)
                        )
                    ],
                    note: long
                )
            )
        )
        try table.apply([.note(apex: "consul", stale)])
        #expect(try notes(server, "slow.consul") == [long, stale])
        let longStale = ExtendedError(
            infoCode: ExtendedError.staleAnswer,
            extraText: String(repeating: "y", count: 190)
        )
        try table.apply([.note(apex: "consul", longStale)])
        #expect(try notes(server, "slow.consul", udpPayloadBytes: 512) == [long])
    }

    @Test("a question without EDNS gets none")
    func withoutEDNS() throws {
        let server = try server()
        let query = Message.query(id: 1, name: "web.service.consul", type: .a, edns: nil)
        let before = try #require(server.serve(query.encoded(), overTCP: false))
        try table.apply([.note(apex: "consul", stale)])
        let after = try #require(server.serve(query.encoded(), overTCP: false))
        #expect(before == after)
    }
}
