import DNSResponder
import DNSWire
import Testing

@testable import DNSZones

@Suite("Answers from static zones")
struct StaticZoneLookupTests {
    private func ask(_ text: String, _ type: RecordType, _ body: String) throws -> FallbackReply {
        let zones = StaticZoneSet([try ZoneText.zone(body)])
        let query = FallbackQuery(name: name(text), type: type, overTCP: false)
        return AuthoritativeFallback(zones: zones).answer(query)
    }

    private let soaLine =
        "example.org. SOA ns1.example.org. hostmaster.example.org. 1 7200 900 1209600 60"

    private func expectNoData(_ reply: FallbackReply, _ location: SourceLocation = #_sourceLocation)
    {
        #expect(reply.responseCode == .noError, sourceLocation: location)
        #expect(reply.answer.isEmpty, sourceLocation: location)
        #expect(reply.authorityLines == [soaLine], sourceLocation: location)
        #expect(reply.isAuthoritative, sourceLocation: location)
    }

    private func expectNameError(
        _ reply: FallbackReply,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(reply.responseCode == .nameError, sourceLocation: location)
        #expect(reply.answer.isEmpty, sourceLocation: location)
        #expect(reply.authorityLines == [soaLine], sourceLocation: location)
    }

    @Test("a record is found in any case, and its owner is spelled as in the question")
    func plain() throws {
        let reply = try ask("NS1.Example.ORG.", .a, "")
        #expect(reply.isAuthoritative)
        #expect(reply.answerLines == ["NS1.Example.ORG. A 192.0.2.1"])
        #expect(reply.authority.isEmpty)
    }

    @Test("negative answers have the SOA with the lesser of TTL and MINIMUM")
    func negative() throws {
        let noData = try ask("ns1.example.org.", .txt, "")
        expectNoData(noData)
        #expect(noData.authority.map(\.ttlSeconds) == [60])
        expectNameError(try ask("x.ns1.example.org.", .a, ""))
        let short = try ZoneFile.parse("@ 5 SOA ns h 1 2 3 4 50\n@ NS ns", path: "example.org.zone")
        #expect(StaticZone(short).negativeSOA?.ttlSeconds == 5)
    }

    @Test("an empty non-terminal exists")
    func emptyNonTerminal() throws {
        let body = "_sip._tcp.host SRV 0 0 5060 ns1"
        expectNoData(try ask("_tcp.host.example.org.", .srv, body))
        expectNoData(try ask("host.example.org.", .a, body))
        expectNameError(try ask("_udp.host.example.org.", .srv, body))
    }

    @Test("a name outside of every zone is refused")
    func outside() throws {
        let reply = try ask("example.com.", .a, "")
        #expect(reply.responseCode == .refused)
        #expect(!reply.isAuthoritative)
        #expect(reply.note?.infoCode == ExtendedError.notAuthoritative)
    }

    @Test("zone transfers are refused")
    func transfer() throws {
        #expect(try ask("example.org.", .axfr, "").responseCode == .refused)
        #expect(try ask("example.org.", .ixfr, "").note?.infoCode == ExtendedError.prohibited)
    }

    @Test("ANY gets one RRset (RFC 8482)")
    func any() throws {
        let body = "host A 192.0.2.5\nhost TXT x\nalias CNAME host"
        #expect(
            try ask("host.example.org.", .any, body).answerLines == [
                "host.example.org. A 192.0.2.5"
            ]
        )
        #expect(
            try ask("alias.example.org.", .any, body).answerLines
                == ["alias.example.org. CNAME host.example.org."]
        )
        expectNameError(try ask("none.example.org.", .any, body))
    }

    // MARK: Wildcards

    @Test("the example of RFC 4592 §2.2.1")
    func wildcardExample() throws {
        let body = """
            *.example 3600 TXT "this is a wildcard"
            *.example 3600 MX 10 host1.example
            sub.*.example 3600 TXT "this is not a wildcard"
            host1.example 3600 A 192.0.2.1
            _ssh._tcp.host1.example 3600 SRV 0 0 22 host1.example
            _ssh._tcp.host2.example 3600 SRV 0 0 22 host2.example
            subdel.example 3600 NS ns.example.com.
            """
        func ask(_ text: String, _ type: RecordType) throws -> FallbackReply {
            try self.ask("\(text).example.org.", type, body)
        }
        let synthesized = try ask("host3.example", .mx)
        #expect(
            synthesized.answerLines == [
                "host3.example.example.org. MX 10 host1.example.example.org."
            ]
        )
        #expect(synthesized.additionalLines == ["host1.example.example.org. A 192.0.2.1"])
        expectNoData(try ask("host3.example", .a))
        #expect(try ask("foo.bar.example", .txt).answer.count == 1)
        expectNoData(try ask("host1.example", .mx))
        expectNoData(try ask("sub.*.example", .mx))
        expectNameError(try ask("_telnet._tcp.host1.example", .srv))
        #expect(try ask("host.subdel.example", .a).authority.map(\.type) == [.ns])
        expectNameError(try ask("ghost.*.example", .mx))
        // Asked literally, the wildcard is a name like any other.
        #expect(
            try ask("*.example", .mx).answerLines.first?.hasPrefix("*.example.example.org. MX")
                == true
        )
    }

    @Test("a wildcard that owns nothing but has names below it makes NODATA")
    func emptyWildcard() throws {
        let body = "x.*.w TXT x"
        expectNoData(try ask("a.w.example.org.", .txt, body))
        expectNoData(try ask("*.w.example.org.", .txt, body))
    }

    @Test("a wildcard CNAME is followed")
    func wildcardAlias() throws {
        let reply = try ask("a.b.w.example.org.", .a, "*.w CNAME ns1")
        #expect(
            reply.answerLines
                == ["a.b.w.example.org. CNAME ns1.example.org.", "ns1.example.org. A 192.0.2.1"]
        )
    }

    // MARK: CNAME

    @Test("a chain of CNAMEs is answered whole")
    func chain() throws {
        let reply = try ask("a.example.org.", .a, "a CNAME b\nb CNAME ns1")
        #expect(
            reply.answerLines == [
                "a.example.org. CNAME b.example.org.", "b.example.org. CNAME ns1.example.org.",
                "ns1.example.org. A 192.0.2.1",
            ]
        )
        #expect(try ask("a.example.org.", .cname, "a CNAME b\nb CNAME ns1").answer.count == 1)
    }

    @Test("the end of a chain decides the response code (RFC 6604)")
    func endOfChain() throws {
        let missing = try ask("a.example.org.", .a, "a CNAME b\nb CNAME none")
        #expect(missing.responseCode == .nameError)
        #expect(missing.answer.count == 2)
        #expect(missing.authorityLines == [soaLine])
        let noData = try ask("a.example.org.", .aaaa, "a CNAME ns1")
        #expect(noData.responseCode == .noError)
        #expect(noData.authorityLines == [soaLine])
        let elsewhere = try ask("a.example.org.", .a, "a CNAME www.example.com.")
        #expect(elsewhere.responseCode == .noError)
        #expect(elsewhere.answer.count == 1)
        #expect(elsewhere.authority.isEmpty)
    }

    @Test("loops end, and so do long chains")
    func loops() throws {
        let own = try ask("a.example.org.", .a, "a CNAME a")
        #expect(own.responseCode == .noError)
        #expect(own.answer.count == 1)
        #expect(try ask("a.example.org.", .a, "a CNAME b\nb CNAME A").answer.count == 2)
        let long = (0..<30).map { "c\($0) CNAME c\($0 + 1)" }.joined(separator: "\n")
        #expect(
            try ask("c0.example.org.", .a, long).answer.count == AuthoritativeFallback.aliasesMax
                + 1
        )
    }

    @Test("a chain into a delegation is a referral with AA for the alias")
    func chainIntoDelegation() throws {
        let reply = try ask("a.example.org.", .a, "a CNAME x.sub\nsub NS ns1")
        #expect(reply.isAuthoritative)
        #expect(reply.answer.count == 1)
        #expect(reply.authorityLines == ["sub.example.org. NS ns1.example.org."])
        #expect(reply.additionalLines == ["ns1.example.org. A 192.0.2.1"])
    }

    // MARK: DNAME

    @Test("a DNAME redirects what lies below it, not itself (RFC 6672)")
    func redirection() throws {
        let body = "old DNAME new\nold TXT x\na.new A 192.0.2.7\nb.old A 192.0.2.8"
        let reply = try ask("A.old.example.org.", .a, body)
        #expect(
            reply.answerLines == [
                "old.example.org. DNAME new.example.org.",
                "A.old.example.org. CNAME A.new.example.org.",
                "A.new.example.org. A 192.0.2.7",
            ]
        )
        #expect(reply.answer[1].ttlSeconds == reply.answer[0].ttlSeconds)
        #expect(try ask("old.example.org.", .txt, body).answer.count == 1)
        #expect(try ask("old.example.org.", .dname, body).answer.count == 1)
        expectNoData(try ask("old.example.org.", .a, body))
        let occluded = try ask("b.old.example.org.", .a, body)
        #expect(occluded.responseCode == .nameError)
        #expect(occluded.answer.map(\.type) == [.dname, .cname])
        #expect(try ask("x.old.example.org.", .cname, body).answer.map(\.type) == [.dname, .cname])
    }

    @Test("a DNAME at the apex leaves the apex alone")
    func redirectionAtApex() throws {
        let zone = try ZoneFile.parse(
            "@ 5 SOA ns.example.net. h 1 2 3 4 5\n@ NS ns.example.net.\n@ DNAME example.com.",
            path: "example.org.zone"
        )
        let fallback = AuthoritativeFallback(zones: StaticZoneSet([StaticZone(zone)]))
        func ask(_ text: String, _ type: RecordType) -> FallbackReply {
            fallback.answer(FallbackQuery(name: name(text), type: type, overTCP: false))
        }
        #expect(ask("example.org.", .ns).answer.count == 1)
        #expect(
            ask("a.b.example.org.", .a).answerLines.last
                == "a.b.example.org. CNAME a.b.example.com."
        )
    }

    @Test("a name that a DNAME makes too long is YXDOMAIN")
    func tooLong() throws {
        let label = String(repeating: "l", count: 60)
        let body = "d DNAME \(label).\(label).t"
        let long = "\(label).\(label).\(label).d.example.org."
        let reply = try ask(long, .a, body)
        #expect(reply.responseCode == .nameShouldNotExist)
        #expect(reply.answer.map(\.type) == [.dname])
        #expect(try ask("\(label).d.example.org.", .a, body).responseCode == .nameError)
    }

    @Test("DNAME loops end")
    func redirectionLoop() throws {
        #expect(try ask("x.a.example.org.", .a, "a DNAME b\nb DNAME a").answer.count == 4)
        let growing = try ask("x.a.example.org.", .a, "a DNAME a.a")
        #expect(growing.answer.count <= 2 * (AuthoritativeFallback.aliasesMax + 1))
    }

    // MARK: Delegations

    @Test("names at and below a cut get a referral with glue")
    func delegation() throws {
        let body =
            "sub NS ns.sub\nsub NS ns1\nns.sub A 192.0.2.53\n"
            + "ns.sub AAAA 2001:db8::53\nsub DS 1 8 2 00"
        for (text, type) in [
            ("sub", RecordType.a), ("sub", .ns), ("a.b.sub", .a), ("ns.sub", .a), ("x.sub", .ds),
        ] {
            let reply = try ask("\(text).example.org.", type, body)
            #expect(reply.responseCode == .noError)
            #expect(!reply.isAuthoritative)
            #expect(reply.answer.isEmpty)
            #expect(
                reply.authorityLines
                    == [
                        "sub.example.org. NS ns.sub.example.org.",
                        "sub.example.org. NS ns1.example.org.",
                    ]
            )
            #expect(
                reply.additionalLines == [
                    "ns.sub.example.org. A 192.0.2.53", "ns.sub.example.org. AAAA 2001:db8::53",
                    "ns1.example.org. A 192.0.2.1",
                ]
            )
        }
        let signed = try ask("sub.example.org.", .ds, body)
        #expect(signed.isAuthoritative)
        #expect(signed.answer.map(\.type) == [.ds])
        expectNoData(try ask("un.example.org.", .ds, "un NS ns1"))
    }

    @Test("the topmost cut counts, and a cut hides a wildcard")
    func nestedCuts() throws {
        let body = "a NS ns1\nb.a NS ns.b.a\nns.b.a A 192.0.2.4\n*.a TXT x\n* TXT y"
        let reply = try ask("x.b.a.example.org.", .txt, body)
        #expect(reply.authorityLines == ["a.example.org. NS ns1.example.org."])
        #expect(try ask("z.example.org.", .txt, body).answer.count == 1)
    }

    @Test("glue of a sibling delegation is given; glue never helps MX")
    func siblingGlue() throws {
        let body = "a NS ns.b\nb NS ns.b\nns.b A 192.0.2.4\n@ MX 10 ns.b"
        #expect(
            try ask("x.a.example.org.", .a, body).additionalLines == [
                "ns.b.example.org. A 192.0.2.4"
            ]
        )
        #expect(try ask("example.org.", .mx, body).additional.isEmpty)
    }

    @Test("addresses of NS, MX and SRV targets in the zone come along")
    func additional() throws {
        let body =
            "@ MX 10 ns1\n@ MX 20 ns1\n@ MX 30 mx.example.com.\n"
            + "_s SRV 0 0 1 w.pool\n*.pool A 192.0.2.9"
        #expect(
            try ask("example.org.", .ns, body).additionalLines == ["ns1.example.org. A 192.0.2.1"]
        )
        #expect(
            try ask("example.org.", .mx, body).additionalLines == ["ns1.example.org. A 192.0.2.1"]
        )
        #expect(
            try ask("_s.example.org.", .srv, body).additionalLines == [
                "w.pool.example.org. A 192.0.2.9"
            ]
        )
    }

    // MARK: Odd names

    @Test("escaped and longest names are found")
    func oddNames() throws {
        let label = String(repeating: "l", count: 63)
        let longest = [label, label, label, String(repeating: "m", count: 49)].joined(
            separator: "."
        )
        let body = "a\\.b A 192.0.2.5\nw\\000x A 192.0.2.6\n\(longest) A 192.0.2.7"
        #expect(try ask("A\\.B.example.org.", .a, body).answer.count == 1)
        expectNameError(try ask("a.b.example.org.", .a, body))
        #expect(try ask("w\\000x.example.org.", .a, body).answer.count == 1)
        #expect(try ask("\(longest).example.org.", .a, body).answer.count == 1)
        // The name is full, so it has no room for a wildcard child.
        expectNameError(try ask("x.\(label).\(label).\(label).example.org.", .a, body))
    }
}
