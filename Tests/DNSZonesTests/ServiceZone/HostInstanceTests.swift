import DNSResponder
import DNSWire
import ServiceCatalog
import Testing

@testable import DNSZones

@Suite("Instances with host names")
struct HostInstanceTests {
    private let catalog: ServedCatalog

    init() throws {
        catalog = try ServedCatalog(zones: [
            try ZoneText.zone("www A 192.0.2.80\nalias CNAME web.service.consul.")
        ])
        try catalog.node("n1", "10.0.0.1")
        try catalog.instance(
            ServiceInstance(
                node: "n1",
                id: "w1",
                service: "web",
                address: "10.0.1.1",
                port: 80,
                taggedAddresses: ["lan_ipv6": ServiceAddress(address: "2001:db8::1", port: 80)]
            )
        )
    }

    private func host(_ service: String, _ host: String, id: String? = nil) throws {
        try catalog.instance(
            ServiceInstance(
                node: "n1",
                id: id ?? service,
                service: service,
                address: host,
                port: 81
            )
        )
    }

    @Test("an alias inside the zone is followed to the family that was asked for")
    func families() throws {
        try host("front", "web.service.consul")
        let alias = "front.service.consul. CNAME web.service.consul."
        #expect(
            try catalog.answer("front.service.consul", .a) == [
                alias, "web.service.consul. A 10.0.1.1",
            ]
        )
        #expect(
            try catalog.answer("front.service.consul", .aaaa) == [
                alias, "web.service.consul. AAAA 2001:db8::1",
            ]
        )
        #expect(try catalog.answer("front.service.consul", .any) == [alias])
        #expect(try catalog.answer("front.service.consul", .cname) == [alias])
        let missing = try catalog.ask("front.service.consul", .mx)
        #expect(missing.answer.map(\.line) == [alias])
        #expect(missing.authority.map(\.type) == [.soa])
    }

    @Test("SRV names the host, and the whole chain to its addresses is additional")
    func service() throws {
        try host("middle", "web.service.consul")
        try host("front", "middle.service.consul")
        #expect(
            try catalog.answer("front.service.consul", .srv) == [
                "front.service.consul. SRV 1 1 81 middle.service.consul."
            ]
        )
        #expect(
            try catalog.additional("front.service.consul", .srv) == [
                "middle.service.consul. CNAME web.service.consul.",
                "web.service.consul. A 10.0.1.1", "web.service.consul. AAAA 2001:db8::1",
            ]
        )
    }

    @Test("beside addresses a host name stays in SRV only")
    func mixed() throws {
        try host("web", "www.example.org", id: "w2")
        #expect(
            try catalog.answer("web.service.consul", .a) == ["web.service.consul. A 10.0.1.1"]
        )
        #expect(
            try catalog.answer("web.service.consul", .srv) == [
                "web.service.consul. SRV 1 1 80 0a000101.addr.dc1.consul.",
                "web.service.consul. SRV 1 1 81 www.example.org.",
            ]
        )
        #expect(
            try catalog.additional("web.service.consul", .srv) == [
                "0a000101.addr.dc1.consul. A 10.0.1.1",
                "0a000101.addr.dc1.consul. AAAA 2001:db8::1", "www.example.org. A 192.0.2.80",
            ]
        )
        let missing = try catalog.ask("web.service.consul", .mx)
        #expect(missing.answer.isEmpty)
        #expect(missing.authority.map(\.owner.description) == ["consul."])
        #expect(missing.authority.map(\.ttlSeconds) == [1])
        #expect(try catalog.ask("web.service.consul", .any).answer.map(\.type) == [.a])
    }

    @Test("a chain may go through zone files and back")
    func zoneFiles() throws {
        try host("front", "alias.example.org")
        #expect(
            try catalog.answer("front.service.consul", .a) == [
                "alias.example.org. CNAME web.service.consul.",
                "front.service.consul. CNAME alias.example.org.",
                "web.service.consul. A 10.0.1.1",
            ]
        )
    }

    @Test("a host elsewhere is a bare alias, and an SRV target without addresses")
    func elsewhere() throws {
        try host("far", "db.example.net")
        #expect(
            try catalog.answer("far.service.consul", .a) == [
                "far.service.consul. CNAME db.example.net."
            ]
        )
        let service = try catalog.ask("far.service.consul", .srv)
        #expect(
            service.answer.map(\.line) == ["far.service.consul. SRV 1 1 81 db.example.net."]
        )
        #expect(service.additional.isEmpty)
    }

    @Test("an instance that names its own service has its node's address")
    func ownName() throws {
        for own in [
            "self.service.consul", "_self._tcp.SERVICE.dc1.consul", "v1.self.service.consul",
        ] {
            try catalog.instance(
                ServiceInstance(
                    node: "n1",
                    id: "s1",
                    service: "self",
                    tags: ["v1"],
                    address: own,
                    port: 82
                )
            )
            #expect(
                try catalog.answer("self.service.consul", .a) == ["self.service.consul. A 10.0.0.1"]
            )
            #expect(
                try catalog.answer("self.service.consul", .srv) == [
                    "self.service.consul. SRV 1 1 82 n1.node.dc1.consul."
                ]
            )
        }
    }

    @Test("a loop of aliases is shown once and ends")
    func loop() throws {
        try host("one", "two.service.consul")
        try host("two", "one.service.consul")
        try catalog.node("loop", "loop.node.consul")
        #expect(
            try catalog.answer("one.service.consul", .a) == [
                "one.service.consul. CNAME two.service.consul.",
                "two.service.consul. CNAME one.service.consul.",
            ]
        )
        #expect(try catalog.ask("one.service.consul", .srv).answer.count == 1)
        let node = try catalog.ask("loop.node.consul", .a)
        #expect(node.answer.isEmpty)
        #expect(node.responseCode == .noError)
    }

    @Test("of several host names the first that DNS can carry is the alias, every time")
    func several() throws {
        try host("many", "http://10.0.0.1:80/", id: "m1")
        try host("many", "b.example.net", id: "m2")
        try host("many", "c.example.net", id: "m3")
        for _ in 0..<10 {
            #expect(
                try catalog.answer("many.service.consul", .a) == [
                    "many.service.consul. CNAME b.example.net."
                ]
            )
        }
        #expect(try catalog.ask("many.service.consul", .srv).answer.count == 2)
    }

    @Test("an alias keeps what is to be said about its health, and goes with its instance")
    func health() throws {
        try host("front", "web.service.consul")
        try catalog.instance(
            ServiceInstance(node: "n1", id: "f2", service: "front", address: "10.0.1.9", port: 1),
            status: .critical
        )
        let reply = try catalog.ask("front.service.consul", .a)
        #expect(reply.answer.map(\.type) == [.cname, .a])
        #expect(reply.edns?.extendedErrors.map(\.extraText) == ["1/2 unhealthy"])
        try catalog.change(
            .deregisterInstance(InstanceKey(node: "n1", id: "front"), onlyIf: nil)
        )
        #expect(try catalog.ask("front.service.consul", .a).answer.isEmpty)
        try catalog.change(.deregisterInstance(InstanceKey(node: "n1", id: "f2"), onlyIf: nil))
        #expect(try catalog.ask("front.service.consul", .a).responseCode == .nameError)
    }

    @Test("a limit behind an alias is as stable for a client as without")
    func limit() throws {
        let catalog = try ServedCatalog { $0.limits.addressesMax = 1 }
        try catalog.node("n1", "10.0.0.1")
        for number in 0..<20 {
            try catalog.instance(
                ServiceInstance(
                    node: "n1",
                    id: "\(number)",
                    service: "web",
                    address: "10.0.1.\(number)"
                )
            )
        }
        try catalog.instance(
            ServiceInstance(node: "n1", id: "f", service: "front", address: "web.service.consul")
        )
        for number in 0..<20 {
            let client = IPAddress("192.0.2.\(number)")
            let direct = try catalog.ask("web.service.consul", .a, client: client).answer
            #expect(direct.count == 1)
            for _ in 0..<3 {
                let answer = try catalog.ask("front.service.consul", .a, client: client).answer
                #expect(answer.dropFirst() == direct[...])
            }
        }
    }

    @Test("a service of very many hosts does not ask for all of them")
    func bounded() throws {
        for number in 0..<200 {
            try host("back\(number)", "10.1.0.\(number)")
            try host("all", "back\(number).service.consul", id: "a\(number)")
        }
        let reply = try catalog.ask("all.service.consul", .srv)
        #expect(reply.answer.count == 200)
        #expect(reply.additional.count == 16)
    }
}
