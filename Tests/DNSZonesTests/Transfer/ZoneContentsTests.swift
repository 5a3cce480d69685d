import DNSResponder
import DNSWire
import ServiceCatalog
import Testing

@testable import DNSZones

@Suite("What a secondary server gets of a zone")
struct ZoneContentsTests {
    private func records(_ contents: (any ZoneContents)?) throws -> [ResourceRecord] {
        let contents = try #require(contents)
        var records: [ResourceRecord] = []
        while let rrset = contents.next() {
            records += rrset.rdata.map {
                ResourceRecord(
                    owner: rrset.owner,
                    type: rrset.type,
                    ttlSeconds: rrset.ttlSeconds,
                    rdata: $0
                )
            }
        }
        return records
    }

    private func sample(
        domains: [String] = ["consul"],
        zones: [StaticZone] = [],
        _ change: (inout ServiceZoneSettings) -> Void = { _ in }
    ) throws -> ServedCatalog {
        let catalog = try ServedCatalog(domains: domains, zones: zones, change)
        try catalog.node("n1", "10.0.0.1", meta: ["rack": "7"], tagged: ["lan_ipv6": "2001:db8::1"])
        try catalog.node("Mixed", "192.0.2.7")
        try catalog.node("aliased", "host.example.net")
        for number in 1...4 {
            try catalog.instance(
                ServiceInstance(
                    node: "n1",
                    id: "web\(number)",
                    service: "web",
                    tags: number == 1 ? ["blue", "v1.2"] : ["blue"],
                    address: "10.0.1.\(number)",
                    port: 8000 + number,
                    meta: ["number": "\(number)"]
                ),
                status: number == 4 ? .critical : .passing
            )
        }
        try catalog.instance(ServiceInstance(node: "n1", id: "b", service: "a.b", port: 1))
        try catalog.instance(
            ServiceInstance(
                node: "n1",
                id: "ext",
                service: "ext",
                address: "www.example.net",
                port: 443
            )
        )
        try catalog.instance(
            ServiceInstance(node: "n1", id: "down", service: "down", port: 2),
            status: .critical
        )
        return catalog
    }

    @Test("a zone file comes as it was loaded: cuts, glue, occluded names, wildcards, all types")
    func zoneFile() throws {
        let file = try ZoneText.file(
            """
            www A 192.0.2.2
            www A 192.0.2.3
            *.wild TXT "w"
            alias CNAME www
            tree DNAME www
            under.tree A 192.0.2.4
            cut NS ns.cut
            cut TXT "hidden"
            ns.cut A 192.0.2.5
            deep.cut TXT "hidden"
            a.b.c TYPE65280 \\# 3 010203
            """
        )
        let zone = StaticZone(file)
        let contents = try #require(StaticZoneContents(zone))
        #expect(contents.startOfAuthority.type == .soa)
        #expect(contents.startOfAuthority.ttlSeconds == 300)
        let records = try records(contents)
        let loaded = file.records.filter { $0.type != .soa }
        #expect(records.count == loaded.count)
        #expect(Set(records) == Set(loaded))
        #expect(records.first?.owner == zone.apex)
    }

    @Test("every record of a domain is what the question for it gets, and none comes twice")
    func sameAsAnswers() throws {
        let catalog = try sample(domains: ["consul", "dc.consul", "example.net"])
        for apex in ["consul", "dc.consul", "example.net", "10.in-addr.arpa"] {
            let contents = try #require(try catalog.contents(ofZone: apex))
            let soa = try catalog.ask(apex, .soa).answer
            #expect(soa == [contents.startOfAuthority])
            let records = try records(contents)
            #expect(Set(records).count == records.count)
            #expect(records.count > (apex == "10.in-addr.arpa" ? 4 : 100))
            let rrsets = Dictionary(grouping: records) { "\($0.owner) \($0.type)" }
            for (_, rrset) in rrsets {
                let asked = try catalog.ask("\(rrset[0].owner)", rrset[0].type)
                #expect(asked.responseCode == .noError && asked.header.isAuthoritative)
                #expect(Set(asked.answer) == Set(rrset), "\(rrset[0])")
                // Unless an alias leads away from it, the SOA that denies other types is the zone's.
                let own = try catalog.ask("\(rrset[0].owner)", .soa)
                guard own.answer.first?.type != .cname else { continue }
                #expect((own.answer + own.authority).first?.owner == (try DomainName(apex)))
            }
        }
    }

    @Test("every name that is asked for is there: all forms of services, tags, nodes, addresses")
    func complete() throws {
        let catalog = try sample()
        let owners = Set(try records(try catalog.contents(ofZone: "consul")).map(\.owner))
        for name in [
            "consul", "ns.consul", "web.service.consul", "web.service.dc1.consul",
            "blue.web.service.consul", "v1.2.web.service.consul", "_web._tcp.service.consul",
            "_web._blue.service.consul", "a.b.service.consul", "n1.node.consul",
            "mixed.node.dc1.consul", "0a000101.addr.consul", "0a000101.addr.dc1.consul",
            "0a000001.addr.consul", "ext.service.consul", "aliased.node.consul",
        ] {
            #expect(owners.contains(try DomainName(name)), "\(name)")
        }
        // No instance is up: there is nothing to be had.
        #expect(!owners.contains(try DomainName("down.service.consul")))
        let reverse = try records(try catalog.contents(ofZone: "10.in-addr.arpa"))
        #expect(
            reverse.contains { $0.line == "1.1.0.10.in-addr.arpa. PTR web.service.dc1.consul." }
        )
        #expect(reverse.contains { $0.type == .ns })
        #expect(!reverse.contains { "\($0.owner)".hasPrefix("7.2.0.192") })
    }

    @Test("no name has a CNAME and anything else: SRV goes before the alias, which goes before TXT")
    func aliases() throws {
        let catalog = try sample()
        let records = try records(try catalog.contents(ofZone: "consul"))
        for (owner, all) in Dictionary(grouping: records, by: \.owner) {
            if all.contains(where: { $0.type == .cname }) { #expect(all.count == 1, "\(owner)") }
        }
        let ext = records.filter { $0.owner == name("ext.service.consul") }
        #expect(ext.map(\.type) == [.srv])
        let node = records.filter { $0.owner == name("aliased.node.consul") }
        #expect(node.map(\.line) == ["aliased.node.consul. CNAME host.example.net."])
    }

    @Test("what lies in a zone below, or in a zone file, is not given; nor is what rules hide")
    func zonesBelow() throws {
        let file = try ZoneFile.parse(
            """
            $ORIGIN node.consul.
            @ 5 SOA ns hostmaster 1 2 3 4 5
            @ 5 NS ns
            ns 5 A 192.0.2.1
            """,
            path: "node.consul.zone"
        )
        let catalog = try sample(zones: [StaticZone(file)])
        let owners = try records(try catalog.contents(ofZone: "consul")).map(\.owner)
        #expect(!owners.contains { $0.isSubdomain(of: name("node.consul")) })
        #expect(owners.contains(name("n1.node.dc1.consul")))
        #expect(try records(try catalog.contents(ofZone: "node.consul")).count == 2)
        catalog.show(
            NameVisibility(showsService: { $0 != "web" }, showsNode: { _ in true })
        )
        let left = try records(try catalog.contents(ofZone: "consul")).map(\.owner)
        #expect(!left.contains(name("web.service.consul")))
        #expect(left.contains(name("ext.service.consul")))
    }

    @Test("a transfer that has begun shows one moment, whatever changes meanwhile")
    func oneMoment() throws {
        let catalog = try sample()
        let expected = Set(try records(try catalog.contents(ofZone: "consul")))
        let contents = try #require(try catalog.contents(ofZone: "consul"))
        let serial = contents.startOfAuthority
        _ = contents.next()
        try catalog.instance(ServiceInstance(node: "n1", id: "new", service: "new", port: 5))
        try catalog.change(.deregisterNode("mixed"))
        let rest = try records(contents)
        #expect(Set(rest).isSubset(of: expected) && rest.count == expected.count - 1)
        let later = try #require(try catalog.contents(ofZone: "consul"))
        #expect(later.startOfAuthority != serial)
        let owners = Set(try records(later).map(\.owner))
        #expect(owners.contains(name("new.service.consul")))
        #expect(!owners.contains(name("mixed.node.consul")))
    }

    @Test("a service of very many instances comes whole, like those that are compiled at once")
    func largeService() throws {
        let catalog = try ServedCatalog()
        try catalog.node("n1", "10.0.0.1")
        for number in 0..<1500 {
            try catalog.instance(
                ServiceInstance(
                    node: "n1",
                    id: "i\(number)",
                    service: "big",
                    address: "10.1.\(number / 250).\(number % 250)",
                    port: 1000 + number
                )
            )
        }
        let records = try records(try catalog.contents(ofZone: "consul"))
        let big = records.filter { $0.owner == name("big.service.consul") }
        #expect(big.count { $0.type == .a } == 1500)
        #expect(big.count { $0.type == .srv } == 1500)
    }

    @Test("only apexes have contents")
    func apexes() throws {
        let catalog = try sample()
        for name in ["web.service.consul", "service.consul", "org", ".", "7.2.0.192.in-addr.arpa"] {
            #expect(try catalog.contents(ofZone: name) == nil, "\(name)")
        }
        #expect(try catalog.contents(ofZone: "CONSUL") != nil)
    }
}
