import DNSResponder
import DNSWire
import Testing

@testable import DNSZones

@Suite("Random small zones")
struct RandomZoneTests {
    @Test("the table and the algorithm agree on every name and type", arguments: 1...4)
    func agreement(_ seed: Int) throws {
        for zone in RandomZones.zones(count: 10, seed: UInt64(seed)) {
            let set = StaticZoneSet([zone])
            let fallback = AuthoritativeFallback(zones: set)
            var table = TableModel()
            let isSound = table.apply(StaticZoneCompiler.changes(to: set))
            #expect(isSound)
            for (name, type) in RandomZones.questions {
                let reply = fallback.answer(FallbackQuery(name: name, type: type, overTCP: false))
                switch table.answer(name, type) {
                case .reply(let compiled):
                    #expect(compiled == reply, "\(name) \(type) in \(zone.contents)")
                case .fallback:
                    let isAlias = reply.answer.contains { $0.type == .cname || $0.type == .dname }
                    // The parent's DS is looked for in other zones (RFC 4035 §3.1.4.1).
                    let isAtApex = type == .ds && name == zone.apex
                    #expect(isAlias || isAtApex, "\(name) \(type) needs no slow path")
                }
            }
        }
    }

    @Test("the real table with the slow path behind it says the same", arguments: 31...32)
    func wire(_ seed: Int) throws {
        let table = AnswerTable(readers: 1)
        let fallback = AuthoritativeFallback()
        let server = try #require(
            InProcessServer(
                configuration: ResponderConfiguration(listen: [], workers: 1),
                table: table,
                fallback: fallback
            )
        )
        for zone in RandomZones.zones(count: 5, seed: UInt64(seed)) {
            let set = StaticZoneSet([zone])
            try table.apply(StaticZoneCompiler.changes(from: fallback.current, to: set))
            fallback.replace(set)
            for (name, type) in RandomZones.questions {
                let query = Message.query(id: 7, name: name, type: type, edns: nil)
                let bytes = try #require(server.serve(query.encoded(), overTCP: true))
                let message = try Message(decoding: bytes)
                let reply = fallback.answer(FallbackQuery(name: name, type: type, overTCP: true))
                let context: Comment = "\(name) \(type), seed \(seed)"
                #expect(message.responseCode == reply.responseCode, context)
                #expect(message.header.isAuthoritative == reply.isAuthoritative, context)
                // Some answers start with another record each time.
                #expect(Set(message.answer) == Set(reply.answer), context)
                #expect(message.authority == reply.authority, context)
                #expect(message.additional == reply.additional, context)
            }
        }
    }

    @Test("every answer obeys the laws of negative answers", arguments: 11...12)
    func laws(_ seed: Int) throws {
        for zone in RandomZones.zones(count: 10, seed: UInt64(seed)) {
            let fallback = AuthoritativeFallback(zones: StaticZoneSet([zone]))
            var isMissing: [DomainName: Bool] = [:]
            for (name, type) in RandomZones.questions {
                let reply = fallback.answer(FallbackQuery(name: name, type: type, overTCP: false))
                #expect(reply.responseCode == .noError || reply.responseCode == .nameError)
                if reply.answer.isEmpty {
                    #expect(reply.authority.first?.type == (reply.isAuthoritative ? .soa : .ns))
                    // Whether a name exists does not depend on the type.
                    let missing = reply.responseCode == .nameError
                    #expect(isMissing[name] ?? missing == missing, "\(name) \(type)")
                    isMissing[name] = missing
                }
                if reply.responseCode == .nameError {
                    #expect(reply.authority.map(\.type) == [.soa])
                }
            }
            for (name, missing) in isMissing where missing {
                // Nothing exists below a name that does not exist (RFC 8020).
                let below = try name.prepending(label: "z")
                let reply = fallback.answer(FallbackQuery(name: below, type: .a, overTCP: false))
                #expect(reply.responseCode == .nameError)
            }
        }
    }

    @Test("reloads lead to the table that a start would make", arguments: 21...24)
    func reload(_ seed: Int) throws {
        var table = TableModel()
        var current = StaticZoneSet()
        for zone in RandomZones.zones(count: 20, seed: UInt64(seed)) {
            let next = StaticZoneSet([zone])
            let changes = StaticZoneCompiler.changes(from: current, to: next)
            for case .name(let name) in changes { #expect(table.names[name.name] != name) }
            let isSound = table.apply(changes)
            #expect(isSound)
            var fresh = TableModel()
            let isFreshSound = fresh.apply(StaticZoneCompiler.changes(to: next))
            #expect(isFreshSound)
            #expect(table == fresh)
            current = next
        }
        let isSound = table.apply(StaticZoneCompiler.changes(from: current, to: StaticZoneSet()))
        #expect(isSound)
        #expect(table == TableModel())
    }

    @Test("zones that come and go inside another one leave no trace in the real table")
    func nestedReload() throws {
        let child = StaticZone(
            try ZoneFile.parse(
                "@ 5 SOA n h 1 2 3 4 5\n@ NS n\n*.b A 192.0.2.9",
                path: "a.example.org"
            )
        )
        let table = AnswerTable(readers: 1)
        var current = StaticZoneSet()
        for (step, zone) in RandomZones.zones(count: 12, seed: 41).enumerated() {
            let zones = [[zone], [zone, child], [child]][step % 3]
            let next = StaticZoneSet(
                zones,
                otherApexes: step % 2 == 0 ? [] : [name("b.example.org.")]
            )
            try table.apply(StaticZoneCompiler.changes(from: current, to: next))
            let fresh = AnswerTable(readers: 1)
            try fresh.apply(StaticZoneCompiler.changes(to: next))
            #expect(table.counts().zones == fresh.counts().zones)
            #expect(table.counts().names == fresh.counts().names, "step \(step)")
            #expect(table.counts().emptyNames == fresh.counts().emptyNames, "step \(step)")
            current = next
        }
    }
}
