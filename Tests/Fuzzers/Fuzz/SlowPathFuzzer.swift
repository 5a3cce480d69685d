import DNSResponder
import DNSWire
import DNSZones

/// Names and types to the slow path; its answers are those that the workers give.
final class SlowPathFuzzer: Fuzzer {
    private let sample: SampleServer

    init() {
        do {
            sample = try SampleServer(zones: SampleZones.all())
        } catch {
            fatalError("\(error)")
        }
    }

    func run(_ bytes: [UInt8]) {
        var reader = MessageReader(bytes)
        guard let type = try? reader.readUInt16(), let name = try? reader.readName() else { return }
        let query = FallbackQuery(
            name: name,
            type: RecordType(rawValue: type),
            overTCP: true,
            client: .v4(0x0A00_0001)
        )
        let reply = sample.fallback.answer(query)
        expect(reply.answer.count <= 4096, "an answer of \(reply.answer.count) records")
        let message = Message(
            header: Header(id: 7),
            answer: reply.answer,
            authority: reply.authority,
            additional: reply.additional
        )
        let read: Message
        do {
            read = try Message(decoding: message.encoded())
        } catch {
            fatalError("the slow path's answer cannot be read: \(error)")
        }
        if !read.header.isTruncated {
            expect(
                read.answer.folded == reply.answer.folded,
                "the answer reads back as another one"
            )
        }
        compare(reply, with: query)
    }

    /// What the workers say is what the slow path says, for types that both look up.
    private func compare(_ reply: FallbackReply, with query: FallbackQuery) {
        let type = query.type.rawValue
        guard type > 0, type < 128, type != 41 else { return }
        let asked = Message.query(id: 7, name: query.name, type: query.type)
        guard let bytes = sample.server.serve(asked.encoded(), overTCP: true, client: query.client),
            let served = try? Message(decoding: bytes)
        else { fatalError("a question without an answer: \(query.name) \(query.type)") }
        expect(
            served.responseCode == reply.responseCode,
            "\(query.name) \(query.type): \(reply.responseCode) from the slow path,"
                + " \(served.responseCodeValue) from the workers"
        )
        expect(
            Set(served.answer.folded) == Set(reply.answer.folded),
            "\(query.name) \(query.type): two answers"
        )
    }
}
