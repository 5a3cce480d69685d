import DNSResponder
import DNSWire
import Testing

@testable import DNSZones

@Suite("Several zones at once")
struct AuthoritativeFallbackTests {
    /// A catalog with one service and one alias.
    private struct Catalog: InZoneLookup {
        static let soa = ResourceRecord(
            owner: name("consul."),
            type: .soa,
            ttlSeconds: 1,
            rdata: [0, 0] + Array(repeating: 0, count: 20)
        )

        func apex(enclosing name: DomainName) -> DomainName? {
            let apex = DNSZonesTests.name("consul.")
            return name.isSubdomain(of: apex) ? apex : nil
        }

        func find(_ name: DomainName, _ type: RecordType) -> InZoneFinding {
            switch (name, type) {
            case (DNSZonesTests.name("web.service.consul."), .a):
                let record = ResourceRecord(
                    owner: name,
                    type: .a,
                    ttlSeconds: 5,
                    rdata: [192, 0, 2, 99]
                )
                return .records([record])
            case (DNSZonesTests.name("ext.service.consul."), _):
                let target = DNSZonesTests.name("ns1.example.org.")
                return .alias(
                    ResourceRecord(owner: name, type: .cname, ttlSeconds: 5, rdata: target.wire)
                )
            case (DNSZonesTests.name("web.service.consul."), _):
                let note = ExtendedError(infoCode: ExtendedError.other, extraText: "1/2 unhealthy")
                return .noData(soa: Self.soa, note: note)
            default:
                return .nameError(soa: Self.soa)
            }
        }
    }

    private func fallback(_ zones: [StaticZone]) -> AuthoritativeFallback {
        AuthoritativeFallback(zones: StaticZoneSet(zones), others: Catalog())
    }

    private func ask(
        _ fallback: AuthoritativeFallback,
        _ text: String,
        _ type: RecordType
    ) -> FallbackReply {
        fallback.answer(FallbackQuery(name: name(text), type: type, overTCP: false))
    }

    private func child(_ body: String = "") throws -> StaticZone {
        let head = "@ 7 SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.77\n"
        return StaticZone(try ZoneFile.parse(head + body, path: "sub.example.org.zone"))
    }

    @Test("an alias into the catalog is followed, and back")
    func catalog() throws {
        let fallback = fallback([
            try ZoneText.zone("www CNAME web.service.consul.\nx CNAME none.consul.")
        ])
        #expect(
            ask(fallback, "www.example.org.", .a).answerLines.last
                == "web.service.consul. A 192.0.2.99"
        )
        let noData = ask(fallback, "www.example.org.", .aaaa)
        #expect(noData.authority == [Catalog.soa])
        #expect(noData.note?.extraText == "1/2 unhealthy")
        #expect(ask(fallback, "x.example.org.", .a).responseCode == .nameError)
        #expect(
            ask(fallback, "ext.service.consul.", .a).answerLines.last
                == "ns1.example.org. A 192.0.2.1"
        )
        #expect(ask(fallback, "web.service.consul.", .a).answer.count == 1)
    }

    @Test("of two zones the one with the longer apex answers; DS is the parent's")
    func nested() throws {
        let parent = try ZoneText.zone(
            "sub NS ns.sub\nsub DS 1 8 2 00\nns.sub A 192.0.2.1\nx.sub A 192.0.2.2"
        )
        let both = fallback([parent, try child()])
        #expect(
            ask(both, "ns.sub.example.org.", .a).answerLines == ["ns.sub.example.org. A 192.0.2.77"]
        )
        #expect(ask(both, "x.sub.example.org.", .a).responseCode == .nameError)
        #expect(ask(both, "sub.example.org.", .ds).answer.map(\.type) == [.ds])
        let alone = fallback([try child()])
        #expect(ask(alone, "sub.example.org.", .ds).authority.map(\.type) == [.soa])
    }

    @Test("a chain goes through all zones")
    func throughZones() throws {
        let zones = [try ZoneText.zone("a CNAME b.sub"), try child("b CNAME ns1.example.org.")]
        let reply = ask(fallback(zones), "a.example.org.", .a)
        #expect(reply.answer.map(\.type) == [.cname, .cname, .a])
    }

    @Test("replaced zones answer from the next query on")
    func replacement() throws {
        let fallback = fallback([try ZoneText.zone("a A 192.0.2.5")])
        #expect(ask(fallback, "a.example.org.", .a).answer.count == 1)
        fallback.replace(StaticZoneSet([try ZoneText.zone("b A 192.0.2.6")]))
        #expect(ask(fallback, "a.example.org.", .a).responseCode == .nameError)
        #expect(ask(fallback, "b.example.org.", .a).answer.count == 1)
        #expect(fallback.current.zones.count == 1)
    }
}
