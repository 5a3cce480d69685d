import DNSResponder
import DNSWire
import Testing

@testable import DNSZones

@Suite("Static zones in the answer table")
struct StaticZoneCompilerTests {
    private func published(_ body: String) throws -> [DomainName: PublishedName] {
        let zone = try ZoneText.zone(body)
        let names = StaticZoneCompiler.publishedNames(of: zone, in: StaticZoneSet([zone]))
        return Dictionary(uniqueKeysWithValues: names.map { ($0.name, $0) })
    }

    private func types(_ here: PublishedName.Here?) -> [RecordType]? {
        guard case .rrsets(let rrsets) = here else { return nil }
        return rrsets.map(\.type)
    }

    @Test("plain names hold their RRsets, the apex without its SOA")
    func plain() throws {
        let names = try published("h 9 A 192.0.2.5\nh TXT x\nh 9 A 192.0.2.6")
        #expect(types(names[name("example.org.")]?.here) == [.ns])
        let host = try #require(names[name("h.example.org.")])
        #expect(types(host.here) == [.a, .txt])
        #expect(host.below == .nothing)
        guard case .rrsets(let rrsets) = host.here else { return }
        #expect(rrsets[0].rdata == [[192, 0, 2, 5], [192, 0, 2, 6]])
        #expect(rrsets[0].ttlSeconds == 9)
        #expect(rrsets.map(\.rotates) == [true, false])
    }

    @Test("an empty non-terminal is published only for its wildcard")
    func emptyNonTerminals() throws {
        let names = try published("a.b A 192.0.2.5\n*.w TXT x")
        #expect(names[name("b.example.org.")] == nil)
        let encloser = try #require(names[name("w.example.org.")])
        #expect(types(encloser.here) == [])
        guard case .wildcard(let rrsets) = encloser.below else {
            Issue.record("not a wildcard: \(encloser.below)")
            return
        }
        #expect(rrsets.map(\.type) == [.txt])
        #expect(types(names[name("*.w.example.org.")]?.here) == [.txt])
    }

    @Test("what depends on other names goes to the slow path")
    func fallback() throws {
        let names = try published("a CNAME ns1\n*.b CNAME ns1\nd DNAME b\nx.d A 192.0.2.1")
        #expect(names[name("a.example.org.")]?.here == .fallback)
        #expect(names[name("b.example.org.")]?.below == .fallback)
        #expect(names[name("*.b.example.org.")]?.here == .fallback)
        #expect(types(names[name("d.example.org.")]?.here) == [.dname])
        #expect(names[name("d.example.org.")]?.below == .fallback)
        #expect(names[name("x.d.example.org.")] == nil)
    }

    @Test("a cut is a delegation with glue; what is below it is not published")
    func cuts() throws {
        let names = try published("s NS ns.s\ns DS 1 8 2 00\nns.s A 192.0.2.9\nx.s TXT x")
        guard
            case .delegation(let nameServers, let parentSide) = names[name("s.example.org.")]?.here
        else {
            Issue.record("not a delegation")
            return
        }
        #expect(nameServers.additional.map(\.line) == ["ns.s.example.org. A 192.0.2.9"])
        #expect(parentSide.map(\.type) == [.ds])
        #expect(names[name("ns.s.example.org.")] == nil)
        #expect(names[name("x.s.example.org.")] == nil)
    }

    @Test("a zone below another one takes its names out of it, and keeps the parent's DS")
    func nested() throws {
        let parent = try ZoneText.zone("sub NS ns1\nsub DS 1 8 2 00\n*.svc A 192.0.2.1")
        let child = StaticZone(
            try ZoneFile.parse("@ 5 SOA a b 1 2 3 4 5\n@ NS a", path: "sub.example.org.zone")
        )
        let set = StaticZoneSet([parent, child], otherApexes: [name("svc.example.org.")])
        let names = StaticZoneCompiler.publishedNames(of: parent, in: set).map(\.name)
        #expect(names == [name("example.org."), name("ns1.example.org.")])
        let apex = StaticZoneCompiler.publishedNames(of: child, in: set)
        #expect(types(apex.first?.here) == [.ns, .ds])
    }

    // MARK: Reload

    @Test("a reload changes only what differs")
    func reload() throws {
        let old = StaticZoneSet([try ZoneText.zone("a A 192.0.2.5\nb A 192.0.2.6\nc.d A 192.0.2.7")]
        )
        let new = StaticZoneSet([try ZoneText.zone("a A 192.0.2.5\nb A 192.0.2.8\ne A 192.0.2.9")])
        let changes = StaticZoneCompiler.changes(from: old, to: new)
        let touched = changes.map { change -> String in
            switch change {
            case .zone(let zone): "zone \(zone.apex)"
            case .removeZone(let apex): "no zone \(apex)"
            case .name(let name): "\(name.name)"
            case .removeName(let name): "no \(name)"
            default: "\(change)"
            }
        }
        #expect(touched == ["no c.d.example.org.", "b.example.org.", "e.example.org."])
        #expect(StaticZoneCompiler.changes(from: new, to: new).isEmpty)
        let gone = StaticZoneCompiler.changes(from: old, to: StaticZoneSet())
        #expect(gone.last == .removeZone(apex: name("example.org.")))
        #expect(gone.count == 6)
    }

    @Test("an address that changes reaches the records that carry it along")
    func additionalData() throws {
        let old = StaticZoneSet([try ZoneText.zone("@ MX 1 m\nm A 192.0.2.5")])
        let new = StaticZoneSet([try ZoneText.zone("@ MX 1 m\nm A 192.0.2.6")])
        let changes = StaticZoneCompiler.changes(from: old, to: new)
        #expect(changes.count == 2)
    }

    @Test("a serial that does not grow with the records is worth a warning")
    func serials() throws {
        func zones(_ serial: UInt32, _ body: String) throws -> StaticZoneSet {
            let text = "@ 5 SOA a b \(serial) 2 3 4 5\n@ NS a\n" + body
            return StaticZoneSet([StaticZone(try ZoneFile.parse(text, path: "example.org.zone"))])
        }
        let old = try zones(7, "a A 192.0.2.1\na A 192.0.2.2")
        #expect(try zones(7, "a A 192.0.2.2\na A 192.0.2.1").serialWarnings(since: old).isEmpty)
        #expect(try zones(8, "a A 192.0.2.3").serialWarnings(since: old).isEmpty)
        #expect(
            try zones(7, "a A 192.0.2.3").serialWarnings(since: old).map(\.description) == [
                "example.org.zone: the records changed, but the serial is still 7; "
                    + "expected a greater one"
            ]
        )
        #expect(
            try zones(6, "").serialWarnings(since: old).first?.message.contains("from 7 to 6")
                == true
        )
        // 2³¹ - 1 ahead is newer, also over the end of the circle.
        #expect(try zones(3, "").serialWarnings(since: zones(4_294_967_290, "")).isEmpty)
    }
}
