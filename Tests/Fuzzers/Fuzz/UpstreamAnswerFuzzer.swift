import DNSResponder
import DNSWire

@testable import DNSForwarder

/// What other servers answer to a forwarded question: nothing but what belongs to it is passed on.
final class UpstreamAnswerFuzzer: Fuzzer {
    private let name: DomainName

    init() {
        name = require(try? DomainName("a.example"), "no name")
    }

    func run(_ bytes: [UInt8]) {
        var bytes = bytes
        let choice = bytes.takeByte()
        guard let message = try? Message(decoding: bytes) else { return }
        let question = Question(
            name: message.questions.first?.name ?? name,
            type: [.a, .aaaa, .any, .srv, .mx, .cname, .ptr, .txt][Int(choice & 7)]
        )
        let dnssecOK = choice & 8 != 0
        guard let answer = try? UpstreamAnswer(message, to: question, dnssecOK: dnssecOK) else {
            return
        }
        var allowed: Set = [question.name]
        for record in answer.answer {
            let isKnown =
                allowed.contains(record.owner)
                || record.type == .dname && question.name.labelCount >= record.owner.labelCount
                || record.type == .dname
            expect(isKnown, "a record of \(record.owner) in an answer about \(question.name)")
            if record.type == .cname, let target = try? DomainName(wire: record.rdata) {
                allowed.insert(target)
            }
            expect(record.ttlSeconds <= 86_400, "kept longer than a day")
        }
        expect(answer.ttlSeconds <= 86_400, "kept longer than a day")
        let asked = FallbackQuery(name: question.name, type: question.type, overTCP: false)
        let query = ForwardedQuery(asked: asked, target: question.name, dnssecOK: dnssecOK)
        for reply in [
            answer.reply(to: query, ageSeconds: UInt32(choice)), answer.staleReply(to: query),
        ] {
            let shown = Message(
                header: Header(id: 1),
                questions: [question],
                answer: reply.answer,
                authority: reply.authority,
                additional: reply.additional
            )
            expect((try? Message(decoding: shown.encoded())) != nil, "an unreadable reply")
        }
    }
}
