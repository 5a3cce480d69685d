import TestSupport
import Testing

@Suite("The checker of the catalog")
struct CatalogInvariantsTests {
    private static func contents(
        _ writes: [CatalogRecord.Write],
        _ answers: [CatalogRecord.Answer] = [],
        mayLeave: Int64? = nil
    ) -> CatalogInvariants {
        var contents = CatalogRecord.Contents()
        contents.instances = ["a": .init(service: "s", port: 7, mayLeave: mayLeave)]
        contents.writes = writes.shuffled()
        contents.answers = answers.shuffled()
        return CatalogInvariants(contents)
    }

    private static func write(
        _ version: Int?,
        _ asked: Int64,
        _ answered: Int64,
        _ outcome: CatalogRecord.Outcome = .done
    ) -> CatalogRecord.Write {
        .init(
            id: "a",
            version: version,
            server: 1,
            outcome: outcome,
            asked: asked,
            answered: answered
        )
    }

    private static func answer(
        _ ports: Set<UInt16>,
        _ asked: Int64,
        at server: Int = 1
    ) -> CatalogRecord.Answer {
        .init(server: server, service: "s", ports: ports, asked: asked, answered: asked + 1)
    }

    @Test("a registration that was acknowledged and is lost, or old, is found at each server")
    func lostRegistration() {
        let record = Self.contents([Self.write(1, 1, 2), Self.write(2, 3, 4)])
        #expect(record.wrongEnds([1: ["a": 2], 2: ["a": 2]]).isEmpty)
        #expect(record.wrongEnds([1: ["a": 2], 2: [:]]).count == 1)
        #expect(record.wrongEnds([1: ["a": 1], 2: [:]]).count == 2)
    }

    @Test("a ghost is found: what was deregistered, and what nobody registered")
    func ghost() {
        let record = Self.contents([Self.write(1, 1, 2), Self.write(nil, 3, 4)])
        #expect(record.wrongEnds([1: [:]]).isEmpty)
        #expect(record.wrongEnds([1: ["a": 1]]).count == 1)
        #expect(record.wrongEnds([1: ["b": 1]]).count == 1)
    }

    @Test("what nobody knows the end of may be so or so, and nothing else")
    func unknownEnd() {
        let record = Self.contents([Self.write(1, 1, 2), Self.write(2, 3, 4, .unknown)])
        #expect(record.wrongEnds([1: ["a": 1]]).isEmpty)
        #expect(record.wrongEnds([1: ["a": 2]]).isEmpty)
        #expect(record.wrongEnds([1: [:]]).count == 1)
        let gone = Self.contents([Self.write(1, 1, 2), Self.write(nil, 3, 4, .unknown)])
        #expect(gone.wrongEnds([1: [:], 2: ["a": 1]]).isEmpty)
    }

    @Test("a healthy instance that is missing from an answer is found once its server knew of it")
    func missingFromDNS() {
        let writes = [Self.write(1, 1, 2)]
        #expect(
            Self.contents(writes, [Self.answer([7], 3), Self.answer([7], 9)]).wrongAnswers().isEmpty
        )
        // The server that acknowledged it knows of it.
        #expect(Self.contents(writes, [Self.answer([], 3)]).wrongAnswers().count == 1)
        // Another one need not, until it has shown it.
        let others = [
            Self.answer([], 3, at: 2), Self.answer([7], 5, at: 2), Self.answer([], 8, at: 2),
        ]
        #expect(Self.contents(writes, Array(others.prefix(2))).wrongAnswers().isEmpty)
        #expect(Self.contents(writes, others).wrongAnswers().count == 1)
        #expect(Self.contents(writes, others, mayLeave: 7).wrongAnswers().isEmpty)
        #expect(Self.contents(writes + [Self.write(nil, 6, 7)], others).wrongAnswers().isEmpty)
    }

    @Test("an instance in an answer of the server that acknowledged its end is found")
    func ghostInDNS() {
        let writes = [Self.write(1, 1, 2), Self.write(nil, 3, 4)]
        #expect(Self.contents(writes, [Self.answer([7], 5)]).wrongAnswers().count == 1)
        #expect(Self.contents(writes, [Self.answer([7], 5, at: 2)]).wrongAnswers().isEmpty)
        let again = writes + [Self.write(2, 6, 9)]
        #expect(Self.contents(again, [Self.answer([7], 7)]).wrongAnswers().isEmpty)
    }
}
