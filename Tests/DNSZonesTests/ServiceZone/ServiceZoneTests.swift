import DNSResponder
import DNSWire
import ServiceCatalog
import Testing

@testable import DNSZones

@Suite("Service zone")
struct ServiceZoneTests {
    @Test(
        "every form of a service's name has its addresses",
        arguments: [
            "web.service.consul", "web.service.dc1.consul", "_web._tcp.service.consul",
            "_web._udp.consul",
            "_web._tcp.dc1.consul", "v1.web.service.consul", "v1.web.service.dc1.consul",
            "_web._v1.service.consul",
        ]
    )
    func forms(name: String) throws {
        let published = try Published()
        try published.register("w1", address: "10.0.1.1", tags: ["v1"])
        #expect(try published.records(name, .a) == ["10.0.1.1"])
        #expect(try published.records(name, .aaaa) == [])
    }

    @Test("SRV gives port, weight by state, and a target whose address is in additional")
    func srv() throws {
        let published = try Published()
        let weights = ServiceWeights(passing: 10, warning: 2)
        try published.register("w1", address: "10.0.1.1", port: 8080, weights: weights)
        try published.register("w2", port: 81, weights: weights, status: .warning)
        let name = try #require(try published.name("web.service.consul"))
        #expect(
            try published.records("web.service.consul", .srv) == [
                "1 10 8080 0a000101.addr.dc1.consul.", "1 2 81 n1.node.dc1.consul.",
            ]
        )
        guard case .rrsets(let rrsets) = name.here else {
            Issue.record("no RRsets")
            return
        }
        let additional = rrsets.first { $0.type == .srv }?.additional ?? []
        #expect(
            additional.map(\.owner.description) == [
                "0a000101.addr.dc1.consul.", "n1.node.dc1.consul.", "n1.node.dc1.consul.",
            ]
        )
        #expect(additional.map(\.type) == [.a, .a, .txt])
        #expect(try published.records("0a000101.addr.dc1.consul", .a) == ["10.0.1.1"])
    }

    @Test("critical and draining instances are left out, and the note says how many")
    func unhealthy() throws {
        let published = try Published()
        try published.register("w1", address: "10.0.1.1")
        try published.register("w2", address: "10.0.1.2", status: .critical)
        try published.register("w3", address: "10.0.1.3")
        try published.change(.drain(InstanceKey(node: "n1", id: "w3")))
        #expect(try published.records("web.service.consul", .a) == ["10.0.1.1"])
        #expect(try published.name("web.service.consul")?.note?.extraText == "2/3 unhealthy")
    }

    @Test("a service without a healthy instance still exists")
    func nothingHealthy() throws {
        let published = try Published()
        try published.register("w1", address: "10.0.1.1", status: .critical)
        #expect(try published.records("web.service.consul", .a) == [])
        #expect(try published.name("web.service.consul")?.note?.extraText == "1/1 unhealthy")
    }

    @Test("warning instances are answered unless only passing ones are wanted")
    func onlyPassing() throws {
        for onlyPassing in [false, true] {
            let published = try Published(onlyPassing: onlyPassing)
            try published.register("w1", address: "10.0.1.1", status: .warning)
            let expected = onlyPassing ? [] : ["10.0.1.1"]
            #expect(try published.records("web.service.consul", .a) == expected)
        }
    }

    @Test("a name goes with its last instance, a tag's with its last bearer")
    func names() throws {
        let published = try Published()
        try published.register("w1", address: "10.0.1.1", tags: ["v1"])
        try published.register("w1", address: "10.0.1.1", tags: ["v2"])
        #expect(try published.name("v1.web.service.consul") == nil)
        #expect(try published.name("_web._v1.consul") == nil)
        #expect(try published.records("v2.web.service.consul", .a) == ["10.0.1.1"])
        try published.change(
            .deregisterInstance(InstanceKey(node: "n1", id: "w1"), onlyIf: nil)
        )
        for name in ["web.service.consul", "_web._tcp.consul", "v2.web.service.dc1.consul"] {
            #expect(try published.name(name) == nil)
        }
        #expect(try published.name("0a000101.addr.consul") == nil)
    }

    @Test("a check of the node takes all its instances out, under every tag")
    func nodeCheck() throws {
        let published = try Published()
        try published.register("w1", address: "10.0.1.1", tags: ["v1"])
        try published.change(
            .register(
                Registration(checks: [
                    RegisteredCheck(
                        HealthCheck(node: "n1", id: "disk", name: "disk"),
                        keepsStatus: false
                    )
                ])
            )
        )
        #expect(try published.records("web.service.consul", .a) == [])
        #expect(try published.records("v1.web.service.consul", .a) == [])
    }

    @Test("dual stack through tagged addresses answers both families, behind one SRV target")
    func dualStack() throws {
        let published = try Published()
        try published.register(
            "w1",
            address: "10.0.1.1",
            tagged: ["lan_ipv6": ServiceAddress(address: "2001:db8::1", port: 80)]
        )
        #expect(try published.records("web.service.consul", .a) == ["10.0.1.1"])
        #expect(try published.records("web.service.consul", .aaaa) == ["2001:db8::1"])
        #expect(try published.records("0a000101.addr.consul", .aaaa) == ["2001:db8::1"])
    }

    @Test("a host name as address makes the name an alias, and the SRV target")
    func hostName() throws {
        let published = try Published()
        try published.register("w1", address: "backend.example.net", port: 443)
        let name = try #require(try published.name("web.service.consul"))
        #expect(name.here == .fallback)
    }

    @Test("what DNS cannot carry is left out and spoils nothing")
    func poison() throws {
        let published = try Published()
        try published.register(
            "w1",
            address: "10.0.1.1",
            port: 70_000,
            meta: ["k": String(repeating: "x", count: 400)]
        )
        try published.register("w2", address: "http://10.0.1.2:80/", meta: ["a": "b"])
        try published.register(
            "w3",
            address: "10.0.1.3",
            tags: ["", "..", String(repeating: "t", count: 64)]
        )
        #expect(try published.records("web.service.consul", .a) == ["10.0.1.1", "10.0.1.3"])
        #expect(
            try published.records("web.service.consul", .srv)?.contains { $0.contains("0a000103") }
                == true
        )
        #expect(
            try published.records("web.service.consul", .srv)?.contains { $0.contains("0a000101") }
                == false
        )
        #expect(try published.records("web.service.consul", .txt) == ["\"a=b\""])
    }

    @Test("reverse names point to node and service, in our zones and outside")
    func reverse() throws {
        let published = try Published()
        try published.register("w1", address: "203.0.113.7")
        #expect(try published.records("1.0.0.10.in-addr.arpa", .ptr) == ["n1.node.dc1.consul."])
        #expect(
            try published.records("7.113.0.203.in-addr.arpa", .ptr) == ["web.service.dc1.consul."]
        )
        #expect(try published.isAlone("7.113.0.203.in-addr.arpa"))
        try published.change(
            .deregisterInstance(InstanceKey(node: "n1", id: "w1"), onlyIf: nil)
        )
        #expect(try !published.isAlone("7.113.0.203.in-addr.arpa"))
        #expect(try published.name("7.113.0.203.in-addr.arpa") == nil)
    }

    @Test("a node's meta is one TXT record a pair, quoted as RFC 1464 says")
    func nodeText() throws {
        let published = try Published()
        #expect(try published.records("n1.node.consul", .txt) == ["\"rack=a\""])
        let odd = [
            "a=b": "c`d", " k ": "v", "rfc1035-x": "plain",
            "long": String(repeating: "x", count: 300),
        ]
        try published.change(
            .register(
                Registration(
                    node: Node(name: "n2", address: "10.0.0.2", datacenter: "dc1", meta: odd)
                )
            )
        )
        #expect(
            try published.records("n2.node.consul", .txt) == [
                "\"` k` =v\"", "\"a`=b=c``d\"", "\"plain\"",
            ]
        )
    }

    @Test("a reverse name below a zone file's apex is the file's, also when the file comes later")
    func staticApex() throws {
        let published = try Published()
        try published.register("w1", address: "192.0.2.7")
        let name = "7.2.0.192.in-addr.arpa"
        #expect(try published.records(name, .ptr) == ["web.service.dc1.consul."])
        try published.reload { $0.staticApexes = [try DomainName("2.0.192.in-addr.arpa")] }
        #expect(try published.name(name) == nil)
        #expect(try !published.isAlone(name))
        try published.register("w2", service: "db", address: "192.0.2.7")
        #expect(try published.name(name) == nil)
        try published.reload { $0.staticApexes = [] }
        #expect(
            try published.records(name, .ptr) == [
                "db.service.dc1.consul.", "web.service.dc1.consul.",
            ]
        )
    }

    @Test("a reload changes TTLs at once and leaves the domains alone")
    func reload() throws {
        let published = try Published()
        try published.register("w1", address: "10.0.1.1")
        try published.reload { settings in
            settings.serviceTTL = ServiceTTL(defaultSeconds: 42)
            settings.domains = [try DomainName("elsewhere")]
        }
        let name = try #require(try published.name("web.service.consul"))
        guard case .rrsets(let rrsets) = name.here else {
            Issue.record("no RRsets")
            return
        }
        #expect(rrsets.map(\.ttlSeconds).allSatisfy { $0 == 42 })
        #expect(try published.zone("elsewhere") == nil)
    }

    @Test("each domain has its own names in targets")
    func domains() throws {
        let published = try Published(domains: ["consul", "internal"])
        try published.register("w1", address: "10.0.1.1")
        #expect(
            try published.records("web.service.internal", .srv) == [
                "1 1 80 0a000101.addr.dc1.internal."
            ]
        )
        #expect(try published.zone("internal")?.primary.description == "ns.internal.")
    }

    @Test("the apex has a name server whose address is known, and a serial that grows")
    func apex() throws {
        let published = try Published()
        #expect(try published.records("consul", .ns) == ["ns.consul."])
        #expect(try published.records("ns.consul", .a) == ["127.0.0.1"])
        let before = try #require(try published.zone("consul")?.serial)
        try published.register("w1")
        #expect(try #require(try published.zone("consul")?.serial) > before)
    }

    @Test("a health flip touches only the tags of its instance")
    func cost() throws {
        let published = try Published()
        for number in 0..<50 {
            try published.register(
                "w\(number)",
                address: "10.0.2.\(number)",
                tags: ["t\(number)"],
                status: .passing
            )
        }
        try published.change(
            .checkStatus(CheckKey(node: "n1", id: "c-w7"), .critical, output: "")
        )
        #expect(published.lastChangeCount <= 20)
        #expect(try published.records("t7.web.service.consul", .a) == [])
        #expect(try published.records("t8.web.service.consul", .a) == ["10.0.2.8"])
    }

    @Test("TTLs: exact name, then longest prefix, then default, never zero")
    func ttls() {
        let ttl = ServiceTTL(
            defaultSeconds: 0,
            exact: ["web": 30],
            prefixes: ["we": 20, "w": 10]
        )
        #expect(ttl.seconds("WEB") == 30)
        #expect(ttl.seconds("website") == 20)
        #expect(ttl.seconds("wiki") == 10)
        #expect(ttl.seconds("db") == 1)
    }
}
