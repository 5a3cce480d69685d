import DNSWire
import Testing

@testable import DNSResponder

@Suite("Answers of which only a part was wanted")
struct AnswerLimitTests {
    private func server(_ limit: AnswerLimit, records: Int = 20) throws -> InProcessServer {
        var addresses = PublishedRRset(
            type: .a,
            ttlSeconds: 5,
            rdata: (0..<records).map { IPAddress.v4(0x0A00_0000 + UInt32($0)).rdata },
            rotates: true
        )
        addresses.limit = limit
        var services = services(records)
        services.limit = limit
        return try makeServer([
            .zone(testZone("consul.")), published("web.service.consul.", addresses, services),
        ])
    }

    private func ask(
        _ server: InProcessServer,
        _ type: RecordType,
        from client: String,
        edns: EDNS? = EDNS(udpPayloadBytes: 1232),
        overTCP: Bool = false
    ) throws -> Message {
        let query = Message.query(id: 1, name: "web.service.consul.", type: type, edns: edns)
        let bytes = try #require(
            server.serve(query.encoded(), overTCP: overTCP, client: IPAddress(client))
        )
        return try Message(decoding: bytes)
    }

    @Test("a client gets as many as the limit, always the same, without TC")
    func stable() throws {
        let server = try server(AnswerLimit(records: 3))
        var starts: Set<[UInt8]> = []
        for number in 0..<60 {
            let client = "192.0.2.\(number)"
            let first = try ask(server, .a, from: client)
            #expect(first.answer.count == 3)
            #expect(Set(first.answer).count == 3)
            #expect(!first.header.isTruncated)
            for overTCP in [false, true] {
                #expect(try ask(server, .a, from: client, overTCP: overTCP).answer == first.answer)
            }
            starts.insert(first.answer[0].rdata)
        }
        // Clients are spread over the instances.
        #expect(starts.count > 12)
    }

    @Test("an unknown client gets any of them")
    func unknownClient() throws {
        let server = try server(AnswerLimit(records: 1))
        let answers = try (0..<100).map { _ in
            try server.ask("web.service.consul.", .a).answer
        }
        #expect(answers.allSatisfy { $0.count == 1 })
        #expect(Set(answers).count > 5)
    }

    @Test("the additional records are those of the targets that were given")
    func additional() throws {
        let server = try server(AnswerLimit(records: 4))
        for number in 0..<60 {
            let reply = try ask(server, .srv, from: "198.51.100.\(number)")
            #expect(reply.answer.count == 4)
            let targets = try reply.answer.map { try DomainName(wire: Array($0.rdata[6...])) }
            #expect(Set(reply.additional.map(\.owner)) == Set(targets))
            for (target, record) in zip(targets, reply.answer) {
                let port = UInt32(record.rdata[4]) << 8 | UInt32(record.rdata[5])
                let address = reply.additional.first { $0.owner == target }?.rdata
                #expect(address == IPAddress.v4(0x0A00_0000 + port).rdata)
            }
        }
    }

    @Test("the limit of small replies holds for 512 bytes over UDP only")
    func smallReplies() throws {
        let server = try server(AnswerLimit(recordsInSmallReply: 3))
        for (edns, overTCP, count) in [
            (nil, false, 3), (EDNS(udpPayloadBytes: 512), false, 3),
            (EDNS(udpPayloadBytes: 1232), false, 20), (nil, true, 20),
        ] as [(EDNS?, Bool, Int)] {
            let reply = try ask(server, .a, from: "192.0.2.1", edns: edns, overTCP: overTCP)
            #expect(reply.answer.count == count)
            #expect(!reply.header.isTruncated)
        }
    }

    @Test("a limit above what there is changes nothing; one above what fits sets TC")
    func large() throws {
        let all = try ask(server(AnswerLimit(records: 20)), .a, from: "192.0.2.1")
        #expect(all.answer.count == 20)
        let many = try server(AnswerLimit(records: 100), records: 200)
        let cut = try ask(many, .a, from: "192.0.2.1", edns: nil)
        #expect(cut.header.isTruncated)
        #expect(cut.answer.count < 100)
        let whole = try ask(many, .a, from: "192.0.2.1", overTCP: true)
        #expect(whole.answer.count == 100)
        #expect(Array(whole.answer.prefix(cut.answer.count)) == cut.answer)
    }

    @Test("every size of RRset and limit gives whole, different records")
    func sizes() throws {
        for records in 1...9 {
            for limit in 1...10 {
                let server = try server(AnswerLimit(records: limit), records: records)
                for number in 0..<8 {
                    let reply = try ask(server, .srv, from: "2001:db8::\(number)")
                    #expect(Set(reply.answer).count == min(limit, records))
                    #expect(reply.additional.count == min(limit, records))
                }
            }
        }
    }
}
