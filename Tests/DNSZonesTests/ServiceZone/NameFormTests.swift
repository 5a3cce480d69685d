import DNSResponder
import DNSWire
import ServiceCatalog
import Testing

@testable import DNSZones

@Suite("Forms of names")
struct NameFormTests {
    @Test("a service with dots in its name is found while nothing else has the name")
    func dottedService() throws {
        let published = try Published()
        try published.register("ab", service: "a.b", address: "10.0.1.1", tags: ["v1"])
        for name in ["a.b.service.consul", "a.b.service.dc1.consul", "v1.a.b.service.consul"] {
            #expect(try published.records(name, .a) == ["10.0.1.1"])
        }
        try published.register("b1", service: "b", address: "10.0.1.2", tags: ["A"])
        #expect(try published.records("a.b.service.consul", .a) == ["10.0.1.2"])
        #expect(try published.records("v1.a.b.service.consul", .a) == ["10.0.1.1"])
        // A change of the service whose name it would be leaves it alone.
        try published.register("ab2", service: "a.b", address: "10.0.1.3")
        #expect(try published.records("a.b.service.consul", .a) == ["10.0.1.2"])
        try published.register("b1", service: "b", address: "10.0.1.2")
        #expect(try published.records("a.b.service.consul", .a) == ["10.0.1.1", "10.0.1.3"])
        try published.register("b1", service: "b", address: "10.0.1.2", tags: ["v1.a"])
        #expect(try published.records("v1.a.b.service.consul", .a) == ["10.0.1.2"])
        for id in ["ab", "ab2"] {
            try published.change(
                .deregisterInstance(InstanceKey(node: "n1", id: id), onlyIf: nil)
            )
        }
        #expect(try published.name("a.b.service.consul") == nil)
        #expect(try published.records("v1.a.b.service.consul", .a) == ["10.0.1.2"])
    }

    @Test("a node is found by its UUID too, and by the new one when that changes")
    func nodeID() throws {
        let published = try Published()
        let ids = [
            "6c7ba7a5-0000-4000-8000-000000000001", "6C7BA7A5-0000-4000-8000-000000000002",
        ]
        for (id, other) in [(ids[0], ids[1]), (ids[1], ids[0])] {
            let node = Node(id: id, name: "n.2", address: "10.0.0.2", datacenter: "dc1")
            try published.change(.register(Registration(node: node)))
            #expect(try published.records("\(id).node.consul", .a) == ["10.0.0.2"])
            #expect(try published.records("n.2.node.dc1.consul", .a) == ["10.0.0.2"])
            #expect(try published.name("\(other).node.consul") == nil)
        }
        try published.change(.deregisterNode("n.2"))
        #expect(try published.name("\(ids[1]).node.consul") == nil)
        #expect(try published.name("n.2.node.consul") == nil)
    }

    @Test("a domain below another has its names for itself")
    func nestedDomains() throws {
        let published = try Published(domains: ["consul", "dc1.consul"])
        try published.register("w1", address: "10.0.1.1", port: 80)
        #expect(
            try published.records("web.service.consul", .srv) == [
                "1 1 80 0a000101.addr.consul."
            ]
        )
        #expect(
            try published.records("web.service.dc1.consul", .srv) == [
                "1 1 80 0a000101.addr.dc1.dc1.consul."
            ]
        )
        #expect(try published.records("dc1.consul", .ns) == ["ns.dc1.consul."])
        #expect(try published.records("0a000101.addr.dc1.dc1.consul", .a) == ["10.0.1.1"])
    }

    @Test("tagged addresses choose the address of each family")
    func taggedAddresses() throws {
        let published = try Published()
        func lan(_ v4: String?, _ v6: String?, port: Int = 0) -> [String: ServiceAddress] {
            var tagged = ["wan": ServiceAddress(address: "198.51.100.7", port: 8443)]
            if let v4 { tagged["lan_ipv4"] = ServiceAddress(address: v4, port: port) }
            if let v6 { tagged["lan_ipv6"] = ServiceAddress(address: v6, port: port) }
            return tagged
        }
        for (address, tagged, v4, v6) in [
            ("10.0.1.1", lan("10.0.1.1", "fd00::1"), ["10.0.1.1"], ["fd00::1"]),
            ("203.0.113.5", lan("10.0.1.2", nil), ["10.0.1.2"], []),
            ("web.example.net", lan("10.0.1.3", "fd00::3"), ["10.0.1.3"], ["fd00::3"]),
            ("", lan(nil, "fd00::4"), ["10.0.0.1"], ["fd00::4"]),
            ("fd00::5", lan("10.0.1.5", nil), ["10.0.1.5"], ["fd00::5"]),
            ("10.0.1.6", lan("fd00::6", "10.0.1.66"), ["10.0.1.6"], []),
            ("10.0.1.7", lan("nonsense", ""), ["10.0.1.7"], []),
        ] as [(String, [String: ServiceAddress], [String], [String])] {
            try published.register("w1", address: address, tagged: tagged)
            #expect(try published.records("web.service.consul", .a) == v4, "\(address)")
            #expect(try published.records("web.service.consul", .aaaa) == v6, "\(address)")
        }
    }

    @Test("both families of an instance have a name and a reverse name")
    func bothFamilies() throws {
        let published = try Published()
        try published.register(
            "w1",
            address: "10.0.1.1",
            tagged: ["lan_ipv6": ServiceAddress(address: "fd00::1", port: 80)]
        )
        let six = "fd000000000000000000000000000001.addr.consul"
        for name in ["0a000101.addr.consul", six] {
            #expect(try published.records(name, .a) == ["10.0.1.1"])
            #expect(try published.records(name, .aaaa) == ["fd00::1"])
        }
        let reverse = try #require(IPAddress("fd00::1")).reverseName
        #expect(try published.records("\(reverse)", .ptr) == ["web.service.dc1.consul."])
        try published.change(.deregisterInstance(InstanceKey(node: "n1", id: "w1"), onlyIf: nil))
        #expect(try published.name(six) == nil)
        #expect(try published.name("\(reverse)") == nil)
    }

    @Test("families with different ports are two SRV records with one address each")
    func portsByFamily() throws {
        let published = try Published()
        try published.register(
            "w1",
            address: "10.0.1.1",
            port: 80,
            tagged: ["lan_ipv6": ServiceAddress(address: "fd00::1", port: 8080)]
        )
        #expect(
            try published.records("web.service.consul", .srv) == [
                "1 1 80 0a000101.addr.dc1.consul.",
                "1 1 8080 fd000000000000000000000000000001.addr.dc1.consul.",
            ]
        )
        #expect(try published.records("0a000101.addr.consul", .aaaa) == [])
        #expect(try published.records("web.service.consul", .aaaa) == ["fd00::1"])
    }

    @Test("one target and port is one SRV record, whatever its instances weigh")
    func sameTarget() throws {
        let published = try Published()
        for (id, weight) in [("w1", 3), ("w2", 5)] {
            try published.register(id, weights: ServiceWeights(passing: weight, warning: 1))
        }
        #expect(
            try published.records("web.service.consul", .srv) == ["1 3 80 n1.node.dc1.consul."]
        )
    }

    @Test("a node with a name that DNS cannot carry hides only itself")
    func longNodeName() throws {
        let published = try Published()
        let long = String(repeating: "n", count: 64)
        try published.change(
            .register(
                Registration(
                    node: Node(
                        name: long,
                        address: "10.0.0.9",
                        datacenter: "dc1",
                        meta: ["k": "v"]
                    )
                )
            )
        )
        try published.register("w1")
        try published.register("w2", node: long, port: 81)
        #expect(
            try published.records("web.service.consul", .srv) == [
                "1 1 80 n1.node.dc1.consul.", "1 1 81 0a000009.addr.dc1.consul.",
            ]
        )
        #expect(try published.records("web.service.consul", .a) == ["10.0.0.1", "10.0.0.9"])
    }

    @Test("the SOA has the configured times, and limits reach the RRsets they are for")
    func settings() throws {
        let published = try Published()
        try published.register("w1", address: "10.0.1.1")
        try published.register("a1", service: "api-one", address: "10.0.1.2")
        try published.reload {
            $0.timers = ZoneTimers(refreshSeconds: 1, retrySeconds: 2, expireSeconds: 3)
            $0.limits = ServiceAnswerLimits(
                addressesMax: 8,
                addressesMaxPerService: PerService(exact: ["web": 1], prefixes: ["api-": 2]),
                smallReplyMax: 3
            )
        }
        let zone = try #require(try published.zone("consul"))
        #expect([zone.refreshSeconds, zone.retrySeconds, zone.expireSeconds] == [1, 2, 3])
        for (name, limit) in [("web", 1), ("api-one", 2)] {
            let found = try #require(try published.name("\(name).service.consul"))
            guard case .rrsets(let rrsets) = found.here else {
                Issue.record("no RRsets")
                continue
            }
            #expect(rrsets.map(\.limit.recordsInSmallReply) == [3, 3])
            #expect(rrsets.map(\.limit.records) == [limit, 0])
        }
        let limits = ServiceAnswerLimits(addressesMax: 8)
        #expect(limits.addressesMax("other") == 8)
    }
}
