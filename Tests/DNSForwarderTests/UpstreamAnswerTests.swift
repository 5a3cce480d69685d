import DNSResponder
import DNSWire
import NIOCore
import Testing

@testable import DNSForwarder

@Suite("What of a server's reply is taken")
struct UpstreamAnswerTests {
    private let asked = Question(name: "www.example.org.", type: .a)

    private func reply(
        _ code: ResponseCode = .noError,
        answer: [ResourceRecord] = [],
        authority: [ResourceRecord] = [],
        additional: [ResourceRecord] = []
    ) -> Message {
        Message.query(id: 1, name: asked.name, type: asked.type)
            .answered(code, answer: answer, authority: authority, additional: additional)
    }

    private func alias(_ from: String, _ to: String) -> ResourceRecord {
        record(name(from), .cname, 60, name(to).wire)
    }

    @Test("records of other names are left out; aliases are followed in any order")
    func foreignRecords() throws {
        let address = record("b.example.net.", .a, 30, [192, 0, 2, 1])
        let message = reply(
            answer: [
                address, record("bank.example.", .a, 60, [192, 0, 2, 66]),
                alias("a.example.net.", "b.example.net."),
                alias("www.example.org.", "a.example.net."),
            ],
            authority: [record("example.", .ns, 60, name("ns.evil.").wire)],
            additional: [record("bank.example.", .a, 60, [192, 0, 2, 66])]
        )
        let answer = try UpstreamAnswer(message, to: asked, dnssecOK: false)
        #expect(answer.answer.map(\.type) == [.cname, .cname, .a])
        #expect(answer.answer.last == address)
        #expect(answer.authority.isEmpty)
        #expect(answer.additional.isEmpty)
        #expect(answer.ttlSeconds == 30)
    }

    @Test("a DNAME is kept with the alias that is made from it; helpful addresses are kept")
    func redirection() throws {
        let redirection = record("example.org.", .dname, 60, name("example.net.").wire)
        let message = reply(
            answer: [
                redirection, alias("www.example.org.", "www.example.net."),
                record("www.example.net.", .a, 60, [192, 0, 2, 1]),
            ]
        )
        let answer = try UpstreamAnswer(message, to: asked, dnssecOK: false)
        #expect(answer.answer == message.answer)
        let target = name("host.example.org.")
        let service = Question(name: "_x._tcp.example.org.", type: .srv)
        let found = Message.query(id: 1, name: service.name, type: .srv).answered(
            answer: [
                record(
                    service.name,
                    .srv,
                    60,
                    RData.srv(priority: 1, weight: 1, port: 1, target: target)
                )
            ],
            additional: [
                record(target, .a, 60, [192, 0, 2, 1]),
                record("bank.example.", .a, 60, [1, 1, 1, 1]),
            ]
        )
        let srv = try UpstreamAnswer(found, to: service, dnssecOK: false)
        #expect(srv.additional.map(\.owner) == [target])
    }

    @Test("signatures and proofs only when they are wanted")
    func signatures() throws {
        let signature = record(asked.name, .rrsig, 60, [0, 1])
        let message = reply(answer: [record(asked.name, .a, 60, [1, 1, 1, 1]), signature])
        #expect(try UpstreamAnswer(message, to: asked, dnssecOK: false).answer.count == 1)
        #expect(try UpstreamAnswer(message, to: asked, dnssecOK: true).answer.count == 2)
        let denied = reply(
            .nameError,
            authority: [
                denial("example.org.", ttlSeconds: 60, minimum: 60),
                record("example.org.", .nsec, 60, [0]),
            ]
        )
        #expect(try UpstreamAnswer(denied, to: asked, dnssecOK: false).authority.count == 1)
        #expect(try UpstreamAnswer(denied, to: asked, dnssecOK: true).authority.count == 2)
    }

    @Test("loops, endless chains, contradictions and damaged aliases are no answer")
    func contradictions() {
        let long = (0..<40).map { alias("n\($0).example.", "n\($0 + 1).example.") }
        for (code, answer) in [
            (.noError, [alias("www.example.org.", "www.example.org.")]),
            (
                .noError,
                [alias("www.example.org.", "a.example."), alias("a.example.", "www.example.org.")]
            ), (.noError, [alias("www.example.org.", "n0.example.")] + long),
            (.nameError, [record(asked.name, .a, 60, [1, 1, 1, 1])]),
            (.noError, [record(asked.name, .cname, 60, [9])]),
        ] as [(ResponseCode, [ResourceRecord])] {
            #expect(throws: UpstreamFailure.malformed) {
                try UpstreamAnswer(reply(code, answer: answer), to: asked, dnssecOK: false)
            }
        }
    }

    @Test("times to live are limited, and one that is negative is 0")
    func times() throws {
        for (given, taken) in [(UInt32.max, 0), (0x8000_0000, 0), (1 << 30, 86_400), (0, 0)] {
            let message = reply(answer: [record(asked.name, .a, UInt32(given), [1, 1, 1, 1])])
            let answer = try UpstreamAnswer(message, to: asked, dnssecOK: false)
            #expect(answer.answer.map(\.ttlSeconds) == [UInt32(taken)])
            #expect(answer.ttlSeconds == UInt32(taken))
        }
        let message = reply(
            .nameError,
            authority: [denial("org.", ttlSeconds: 1 << 30, minimum: 1 << 30)]
        )
        #expect(try UpstreamAnswer(message, to: asked, dnssecOK: false).ttlSeconds == 10_800)
        // An SOA of a zone that does not hold the name denies nothing.
        let other = reply(.nameError, authority: [denial("net.", ttlSeconds: 60, minimum: 60)])
        let answer = try UpstreamAnswer(other, to: asked, dnssecOK: false)
        #expect(answer.authority.isEmpty && answer.ttlSeconds == 0)
    }

    @Test("any bytes are a reply, another message or unreadable, and never a crash")
    func mutations() {
        var generator = SystemRandomNumberGenerator()
        let query = UpstreamExchange.query(
            asked,
            dnssecOK: true,
            checkingDisabled: false,
            withEDNS: true
        )
        let whole = query.answered(
            answer: [
                alias("www.example.org.", "a.example.org."),
                record("a.example.org.", .mx, 60, RData.mx(preference: 1, exchange: "m.example.")),
            ],
            authority: [denial("example.org.", ttlSeconds: 60, minimum: 60)]
        ).encoded()
        var taken = 0
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 2..<bytes.count, using: &generator)
                bytes[index] = UInt8.random(in: 0...255, using: &generator)
            }
            guard case .reply(let message) = ReplyMatch(bytes, to: query) else { continue }
            if (try? UpstreamAnswer(message, to: asked, dnssecOK: true)) != nil { taken += 1 }
        }
        #expect(taken > 0)
    }
}

@Suite("The answers that are remembered")
struct AnswerCacheTests {
    private func key(_ number: Int) -> AnswerCache.Key {
        AnswerCache.Key(
            name: name("n\(number).example."),
            type: .a,
            dnssecOK: false,
            checkingDisabled: false
        )
    }

    private func answer(_ number: Int, bytes: Int = 4, ttlSeconds: UInt32 = 60) -> UpstreamAnswer {
        var answer = UpstreamAnswer(ResolutionError(failures: []))
        answer.responseCode = .noError
        answer.note = nil
        answer.answer = [
            record(key(number).name, .txt, ttlSeconds, [UInt8](repeating: 0, count: bytes))
        ]
        answer.ttlSeconds = ttlSeconds
        return answer
    }

    private func isFresh(_ finding: AnswerCache.Finding) -> Bool {
        if case .fresh = finding { return true }
        return false
    }

    @Test("it never holds more entries or bytes than it may, and keeps what is used")
    func bounds() {
        let now = NIODeadline.now()
        var cache = AnswerCache(entriesMax: 50, bytesMax: 100_000, staleSeconds: 0)
        for number in 0..<1000 {
            cache.store(answer(number, bytes: number % 5 * 1000), for: key(number), now: now)
            #expect(cache.count <= 50 && cache.byteCount <= 100_000)
            if number >= 10 { #expect(isFresh(cache.find(key(10), now: now))) }
            #expect(isFresh(cache.find(key(number), now: now)))
        }
        cache.store(answer(1, bytes: 50_000), for: key(1), now: now)
        #expect(!isFresh(cache.find(key(1), now: now)))
        for _ in 0..<10 { cache.store(answer(2), for: key(2), now: now) }
        #expect(cache.count <= 50)
    }

    @Test("nothing is kept without time to live, or in a memory of no entries")
    func notKept() {
        let now = NIODeadline.now()
        var cache = AnswerCache(entriesMax: 50, bytesMax: 100_000, staleSeconds: 0)
        cache.store(answer(1, ttlSeconds: 0), for: key(1), now: now)
        #expect(cache.count == 0)
        cache.store(answer(1, ttlSeconds: 5), for: key(1), now: now)
        #expect(isFresh(cache.find(key(1), now: now + .milliseconds(4999))))
        #expect(!isFresh(cache.find(key(1), now: now + .seconds(5))))
        var none = AnswerCache(entriesMax: 0, bytesMax: 100_000, staleSeconds: 0)
        none.store(answer(1), for: key(1), now: now)
        #expect(none.count == 0)
    }
}
