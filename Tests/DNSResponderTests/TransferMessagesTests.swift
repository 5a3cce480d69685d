import DNSWire
import Testing

@testable import DNSResponder

@Suite("Cutting a zone into messages")
struct TransferMessagesTests {
    private func head(edns: EDNS? = nil) -> ReplyHead {
        var header = Header(id: 0x4242)
        header.isResponse = true
        return ReplyHead(
            header: header,
            question: Question(name: "consul.", type: .axfr),
            edns: edns,
            clientSubnet: nil,
            bytesMax: 65_535
        )
    }

    private func messages(
        _ contents: any ZoneContents,
        edns: EDNS? = nil
    ) throws -> (parts: [TransferMessages.Part], messages: [Message]) {
        var messages = TransferMessages(contents, head: head(edns: edns))
        var parts: [TransferMessages.Part] = []
        while let part = messages.next() { parts.append(part) }
        return (parts, try parts.map { try Message(decoding: $0.bytes) })
    }

    private func text(_ bytes: Int, owner: DomainName = "big.consul.") -> TransferredRRset {
        let rdata = [UInt8](repeating: 0, count: bytes)
        return TransferredRRset(owner: owner, type: .txt, ttlSeconds: 5, rdata: [rdata])
    }

    @Test("an empty zone is one message with the SOA twice")
    func empty() throws {
        let (parts, messages) = try messages(GivenZone([]))
        #expect(parts.map(\.isLast) == [true])
        #expect(messages[0].answer.map(\.type) == [.soa, .soa])
        #expect(messages[0].questions == [Question(name: "consul.", type: .axfr)])
        #expect(messages[0].header.isAuthoritative && messages[0].header.isResponse)
    }

    @Test("a large zone: SOA first and last, the question and OPT in the first message only")
    func many() throws {
        let (parts, messages) = try messages(
            CountedZone(CountedZones(1000)),
            edns: EDNS(udpPayloadBytes: 1232)
        )
        #expect(parts.count > 10)
        #expect(parts.dropLast().allSatisfy { !$0.isLast } && parts.last?.isLast == true)
        #expect(parts.allSatisfy { $0.bytes.count <= 16_384 })
        // Full but for less than one more record.
        #expect(parts.dropLast().allSatisfy { $0.bytes.count > 16_384 - 300 })
        #expect(parts.map(\.records).reduce(0, +) == 1002)
        let records = messages.flatMap(\.answer)
        #expect(records.count == 1002)
        #expect(records.first?.type == .soa && records.last == records.first)
        #expect(Set(records).count == 1001)
        #expect(messages.map { $0.questions.count } == [1] + parts.dropFirst().map { _ in 0 })
        #expect(messages.map { $0.edns != nil } == [true] + parts.dropFirst().map { _ in false })
        #expect(messages.allSatisfy { $0.header.id == 0x4242 && $0.header.isAuthoritative })
    }

    @Test("names are compressed in each message")
    func compression() throws {
        let (parts, _) = try messages(CountedZone(CountedZones(2000, textBytes: 1)))
        let bytes = parts.map(\.bytes.count).reduce(0, +)
        // Owner: its own label and a pointer; then ten bytes and three of text.
        #expect(bytes < 2000 * (6 + 2 + 10 + 2) + 300)
    }

    @Test(
        "a record that is larger than the rest of the message, and ones larger than any other",
        arguments: [(16_000, 2), (40_000, 3), (65_000, 3)]
    )
    func largeRecords(_ bytes: Int, _ count: Int) throws {
        let (parts, messages) = try messages(
            GivenZone([
                text(500, owner: "a.consul."), text(bytes), text(20, owner: "c.consul."),
            ])
        )
        #expect(parts.count == count)
        #expect(messages[0].answer.map(\.type) == [.soa, .txt])
        let texts = messages.flatMap(\.answer).filter { $0.type == .txt }
        #expect(texts.map(\.rdata.count) == [500, bytes, 20])
        #expect(parts.last?.isLast == true)
    }

    @Test("a record that fits into no message ends the transfer without its last message")
    func hugeRecord() throws {
        let (parts, messages) = try messages(GivenZone([text(65_530)]))
        #expect(parts.map(\.isLast) == [false])
        #expect(messages.flatMap(\.answer).map(\.type) == [.soa])
    }

    @Test("an RRset of several messages, and empty ones")
    func largeRRset() throws {
        let addresses = (0..<5000).map { IPAddress.v4($0).rdata }
        let rrset = TransferredRRset(
            owner: "web.consul.",
            type: .a,
            ttlSeconds: 5,
            rdata: addresses
        )
        let none = TransferredRRset(owner: "no.consul.", type: .a, ttlSeconds: 5, rdata: [])
        let (parts, messages) = try messages(GivenZone([none, rrset, none]))
        #expect(parts.count > 3)
        #expect(messages.flatMap(\.answer).filter { $0.type == .a }.map(\.rdata) == addresses)
    }
}
