import DNSResponder
import DNSWire
import Testing

@testable import DNSZones

@Suite("Random small zones")
struct RandomZoneTests {
    /// SplitMix64: the same zones in each run.
    private struct Random: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
            return value ^ value >> 31
        }
    }

    private static let types: [RecordType] = [
        .a, .aaaa, .txt, .cname, .dname, .ns, .mx, .ds, .soa, .any,
    ]

    /// All names of up to `depth` labels, relative to the apex.
    private static func names(_ labels: [String], depth: Int) -> [String] {
        var all = ["@"]
        var level = [""]
        for _ in 0..<depth {
            level = level.flatMap { above in labels.map { above.isEmpty ? $0 : "\($0).\(above)" } }
            all += level
        }
        return all
    }

    private static func zone(_ random: inout Random) -> StaticZone? {
        let owners = names(["a", "b", "*"], depth: 3)
        let targets = names(["a", "b", "c"], depth: 3) + ["example.com."]
        let body = (0..<Int.random(in: 1...8, using: &random)).map { _ in
            let owner = owners.randomElement(using: &random) ?? "@"
            let target = targets.randomElement(using: &random) ?? "@"
            let data = [
                "A 192.0.2.\(Int.random(in: 1...3, using: &random))", "AAAA 2001:db8::1", "TXT x",
                "CNAME \(target)", "DNAME \(target)", "NS \(target)", "MX 1 \(target)",
                "DS 1 8 2 00",
            ]
            return "\(owner) \(data.randomElement(using: &random) ?? "TXT x")\n"
        }
        return try? ZoneText.zone(body.joined())
    }

    private static func zones(count: Int, seed: UInt64) -> [StaticZone] {
        var random = Random(state: seed)
        var zones: [StaticZone] = []
        while zones.count < count {
            if let zone = zone(&random) { zones.append(zone) }
        }
        return zones
    }

    private static let questions: [(DomainName, RecordType)] = names(["a", "c", "*"], depth: 4)
        .flatMap { text -> [(DomainName, RecordType)] in
            let question = name(text == "@" ? "example.org." : "\(text).example.org.")
            return types.map { (question, $0) }
        }

    @Test("the table and the algorithm agree on every name and type", arguments: 1...4)
    func agreement(_ seed: Int) throws {
        for zone in Self.zones(count: 10, seed: UInt64(seed)) {
            let set = StaticZoneSet([zone])
            let fallback = AuthoritativeFallback(zones: set)
            var table = TableModel()
            let isSound = table.apply(StaticZoneCompiler.changes(to: set))
            #expect(isSound)
            for (name, type) in Self.questions {
                let reply = fallback.answer(FallbackQuery(name: name, type: type, overTCP: false))
                switch table.answer(name, type) {
                case .reply(let compiled):
                    #expect(compiled == reply, "\(name) \(type) in \(zone.contents)")
                case .fallback:
                    let isAlias = reply.answer.contains { $0.type == .cname || $0.type == .dname }
                    #expect(isAlias, "\(name) \(type) needs no slow path")
                }
            }
        }
    }

    @Test("every answer obeys the laws of negative answers", arguments: 11...12)
    func laws(_ seed: Int) throws {
        for zone in Self.zones(count: 10, seed: UInt64(seed)) {
            let fallback = AuthoritativeFallback(zones: StaticZoneSet([zone]))
            var isMissing: [DomainName: Bool] = [:]
            for (name, type) in Self.questions {
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
        for zone in Self.zones(count: 20, seed: UInt64(seed)) {
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
}
