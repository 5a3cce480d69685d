import DNSWire
import Testing

@testable import EncryptedDNS

@Suite("What the encrypted transports add to replies")
struct ReplyTests {
    private static let padding: UInt16 = 12

    private func query(options: [EDNS.Option]) throws -> [UInt8] {
        Message.query(
            id: 7,
            name: try DomainName("web.service.consul"),
            type: .a,
            edns: EDNS(udpPayloadBytes: 1232, options: options)
        ).encoded()
    }

    private func reply(records: Int, edns: EDNS? = EDNS(udpPayloadBytes: 1232)) throws -> Message {
        let owner = try DomainName("web.service.consul")
        var message = Message.query(id: 7, name: owner, type: .a, edns: edns)
        message.header.isResponse = true
        message.answer = (0..<records).map {
            ResourceRecord(
                owner: owner,
                type: .a,
                ttlSeconds: UInt32(max(1, 60 - $0)),
                rdata: [1, 2, 3, 4]
            )
        }
        return message
    }

    @Test("padding is for those whose query has it")
    func wanted() throws {
        let option = EDNS.Option(code: Self.padding, payload: [0, 0])
        #expect(ReplyPadding.isWanted(by: try query(options: [option])))
        #expect(!ReplyPadding.isWanted(by: try query(options: [])))
        #expect(!ReplyPadding.isWanted(by: [1, 2, 3]))
    }

    @Test(
        "a padded reply is a multiple of 468 bytes and says the same",
        arguments: [0, 1, 30, 200]
    )
    func padded(_ records: Int) throws {
        let plain = try reply(records: records)
        let bytes = ReplyPadding.padded(plain.encoded())
        #expect(bytes.count % 468 == 0)
        var message = try Message(decoding: bytes)
        let option = message.edns?.options.popLast()
        #expect(option?.code == Self.padding)
        #expect(option?.payload.allSatisfy { $0 == 0 } == true)
        #expect(message == plain)
    }

    @Test("what cannot be padded stays as it is")
    func unpadded() throws {
        let plain = try reply(records: 1, edns: nil).encoded()
        #expect(ReplyPadding.padded(plain) == plain)
        #expect(ReplyPadding.padded([0, 1]) == [0, 1])
    }

    @Test(
        "a cache may keep a reply as long as its shortest TTL, and a negative one as the SOA says"
    )
    func lifetimes() throws {
        #expect(AnswerLifetime.seconds(of: try reply(records: 3).encoded()) == 58)
        #expect(AnswerLifetime.seconds(of: try reply(records: 0).encoded()) == 0)
        var negative = try reply(records: 0)
        let zone = try DomainName("consul")
        let rdata = zone.wire + zone.wire + [UInt8](repeating: 0, count: 19) + [9]
        negative.authority = [
            ResourceRecord(owner: zone, type: .soa, ttlSeconds: 30, rdata: rdata)
        ]
        #expect(AnswerLifetime.seconds(of: negative.encoded()) == 9)
        var failed = try reply(records: 1)
        failed.header.responseCodeBits = 2
        #expect(AnswerLifetime.seconds(of: failed.encoded()) == 0)
    }
}
