import Testing

@testable import RollcallClient

@Suite("Server-sent events")
struct EventStreamParserTests {
    typealias Event = EventStreamParser.Event

    private func events(_ text: String) throws -> [Event] {
        var parser = EventStreamParser()
        return try parser.take(text.utf8)
    }

    @Test("an event has a name, data and an id")
    func whole() throws {
        let parsed = try events("event: state\nid: 7\ndata: [1]\n\n")
        #expect(parsed == [Event(name: "state", data: "[1]", id: "7")])
    }

    @Test("every cut of the stream gives the same events")
    func everyCut() throws {
        let text = "event: state\r\nid: 7\r\ndata: a\r\ndata: b\r\n\r\n: heartbeat\n\ndata:c\n\n"
        let expected = try events(text)
        #expect(expected.count == 2)
        for cut in 0...text.utf8.count {
            var parser = EventStreamParser()
            var parsed = try parser.take(text.utf8.prefix(cut))
            parsed += try parser.take(text.utf8.dropFirst(cut))
            #expect(parsed == expected)
        }
    }

    @Test(
        "line ends may be LF, CR or both",
        arguments: ["\n", "\r", "\r\n"]
    )
    func lineEnds(end: String) throws {
        let parsed = try events(["event: x", "data: a", "data: b", "", ""].joined(separator: end))
        #expect(parsed == [Event(name: "x", data: "a\nb", id: nil)])
    }

    @Test("comments, unknown fields and events without data are no events")
    func ignored() throws {
        #expect(try events(": heartbeat\n\nretry: 5\n\nevent: x\nid: 3\n\nid: 4\n\n").isEmpty)
    }

    @Test("the id stays until another comes, the name does not")
    func carriedOver() throws {
        let parsed = try events("event: a\nid: 1\ndata: x\n\ndata: y\n\n")
        #expect(
            parsed == [
                Event(name: "a", data: "x", id: "1"), Event(name: "message", data: "y", id: "1"),
            ]
        )
    }
}
