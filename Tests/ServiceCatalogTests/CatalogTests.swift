import DNSWire
import Testing

@testable import ServiceCatalog

@Suite("Catalog")
struct CatalogTests {
    @Test("an instance is found by service, node and id, in any letter case of service and node")
    func findsInstances() throws {
        var catalog = try Catalog.withNode()
        try catalog.apply(Registrations.web("w1", service: "Web", on: "N1"))
        #expect(catalog.instances(ofService: "wEB").map(\.id) == ["w1"])
        #expect(catalog.instances(onNode: "n1").map(\.node) == ["n1"])
        #expect(catalog.instance(InstanceKey(node: "N1", id: "w1")) != nil)
        #expect(catalog.instance(InstanceKey(node: "n1", id: "W1")) == nil)
    }

    @Test("registering the same again moves no index")
    func identicalRegistration() throws {
        var catalog = try Catalog.withNode()
        try catalog.apply(Registrations.web("w1", tags: ["a"]))
        let index = catalog.index
        let delta = try catalog.apply(Registrations.web("w1", tags: ["a"]), at: 99)
        #expect(delta.isEmpty)
        #expect(catalog.index == index)
    }

    @Test("a change to one service leaves the index of another alone")
    func indexPerService() throws {
        var catalog = try Catalog.withNode()
        try catalog.apply(Registrations.web("w1"))
        try catalog.apply(Registrations.web("d1", service: "db"))
        let before = catalog.serviceIndex("web")
        try catalog.apply(Registrations.web("d2", service: "db"))
        #expect(catalog.serviceIndex("web") == before)
        #expect(catalog.serviceIndex("db") == catalog.index)
    }

    @Test("a check of the node moves the index of every service on it")
    func nodeCheckTouchesServices() throws {
        var catalog = try Catalog.withNode()
        try catalog.apply(Registrations.web("w1"))
        let delta = try catalog.apply(Registrations.check("disk", .critical))
        #expect(delta.services == ["web"])
        #expect(catalog.serviceIndex("web") == catalog.index)
        #expect(catalog.health(InstanceKey(node: "n1", id: "w1")) == .critical)
    }

    @Test("the index of a service that vanished does not move backwards")
    func vanishedService() throws {
        var catalog = try Catalog.withNode()
        try catalog.apply(Registrations.web("w1"))
        let before = catalog.serviceIndex("web")
        try catalog.apply(.deregisterInstance(InstanceKey(node: "n1", id: "w1"), onlyIf: nil))
        #expect(catalog.serviceIndex("web") > before)
        #expect(!catalog.hasService("web"))
        #expect(catalog.serviceNames.isEmpty)
    }

    @Test("an instance whose service is renamed leaves the old one")
    func renamedService() throws {
        var catalog = try Catalog.withNode()
        try catalog.apply(Registrations.web("x", service: "old"))
        let delta = try catalog.apply(Registrations.web("x", service: "new"))
        #expect(delta.services == ["old", "new"])
        #expect(!catalog.hasService("old"))
        #expect(catalog.instances(ofService: "new").map(\.id) == ["x"])
        #expect(catalog.instanceCount == 1)
    }

    @Test("removing a node removes all that is on it")
    func removedNode() throws {
        var catalog = try Catalog.withNode()
        try catalog.apply(Registrations.web("w1", address: "10.0.0.9"))
        try catalog.apply(Registrations.check("c", of: "w1"))
        try catalog.apply(Registrations.check("disk"))
        try catalog.apply(.deregisterNode("N1"))
        #expect(catalog.nodeCount == 0)
        #expect(catalog.instanceCount == 0)
        #expect(catalog.checkCount == 0)
        #expect(catalog.addresses.isEmpty)
    }

    @Test("what names something unknown is refused and changes nothing")
    func refusals() throws {
        var catalog = try Catalog.withNode()
        let index = catalog.index
        #expect(throws: CatalogRejection.unknownNode("n2")) {
            try catalog.apply(Registrations.web("w", on: "n2"))
        }
        #expect(throws: CatalogRejection.unknownInstance(InstanceKey(node: "n1", id: "nope"))) {
            try catalog.apply(Registrations.check("c", of: "nope"))
        }
        #expect(throws: CatalogRejection.unknownCheck(CheckKey(node: "n1", id: "c"))) {
            try catalog.apply(.checkStatus(CheckKey(node: "n1", id: "c"), .passing, output: ""))
        }
        #expect(catalog.index == index)
        #expect(catalog.instanceCount == 0)
    }

    @Test("a registration whose last part is refused leaves no part behind")
    func atomicRegistration() throws {
        var catalog = try Catalog.withNode()
        let bad = Registration(
            node: Registrations.node("n2", address: "10.0.0.2"),
            instance: ServiceInstance(node: "n2", id: "w", service: "web"),
            checks: [
                RegisteredCheck(
                    HealthCheck(node: "n2", id: "c", name: "c", serviceID: "other"),
                    keepsStatus: false
                )
            ]
        )
        #expect(throws: CatalogRejection.self) { try catalog.apply(.register(bad)) }
        #expect(catalog.node("n2") == nil)
        #expect(!catalog.hasService("web"))
    }

    @Test("re-registration keeps a check's status when asked to")
    func keptStatus() throws {
        var catalog = try Catalog.withNode()
        let key = CheckKey(node: "n1", id: "c")
        try catalog.apply(Registrations.web("w1"))
        try catalog.apply(Registrations.check("c", of: "w1", .critical))
        try catalog.apply(.checkStatus(key, .passing, output: "fine"))
        try catalog.apply(Registrations.check("c", of: "w1", .critical, keepsStatus: true))
        #expect(catalog.check(key)?.status == .passing)
        #expect(catalog.check(key)?.output == "fine")
        try catalog.apply(Registrations.check("c", of: "w1", .critical))
        #expect(catalog.check(key)?.status == .critical)
    }

    @Test("a conditional removal is refused once its reason is gone")
    func conditionalRemoval() throws {
        var catalog = try Catalog.withNode()
        let key = InstanceKey(node: "n1", id: "w1")
        let lease = Lease(id: "l2", ttlMilliseconds: 1000)
        try catalog.apply(Registrations.web("w1", lease: lease))
        #expect(throws: CatalogRejection.conditionFailed) {
            try catalog.apply(.deregisterInstance(key, onlyIf: .leaseIs("l1")))
        }
        try catalog.apply(.deregisterInstance(key, onlyIf: .leaseIs("l2")))
        #expect(catalog.instance(key) == nil)
    }

    @Test("checks carry the name and tags of their instance")
    func checkFollowsInstance() throws {
        var catalog = try Catalog.withNode()
        try catalog.apply(Registrations.web("w1", tags: ["a"]))
        try catalog.apply(Registrations.check("c", of: "w1"))
        try catalog.apply(Registrations.web("w1", tags: ["b"]))
        let check = try #require(catalog.check(CheckKey(node: "n1", id: "c")))
        #expect(check.serviceName == "web")
        #expect(check.serviceTags == ["b"])
    }

    @Test("addresses know their owners")
    func addressOwners() throws {
        var catalog = try Catalog.withNode()
        let own = try #require(IPAddress("10.0.0.9"))
        let node = try #require(IPAddress("10.0.0.1"))
        try catalog.apply(Registrations.web("w1", address: "10.0.0.9"))
        #expect(catalog.owners(of: own)?.services["web"] == 1)
        #expect(catalog.owners(of: node)?.nodes["n1"] == 1)
        let delta = try catalog.apply(Registrations.web("w1", address: "host.example"))
        #expect(delta.addresses == [own])
        #expect(catalog.owners(of: own) == nil)
    }

    @Test("a visit of a service shows each instance with its node and its health")
    func visit() throws {
        var catalog = try Catalog.withNode()
        try catalog.apply(
            .register(Registration(node: Registrations.node("A", address: "10.0.0.2")))
        )
        for id in ["2", "1"] { try catalog.apply(Registrations.web(id)) }
        try catalog.apply(Registrations.web("9", on: "a"))
        try catalog.apply(Registrations.check("c", of: "1", .warning))
        try catalog.apply(Registrations.check("disk", on: "a", .critical))
        var seen: [String] = []
        catalog.forEachInstance(ofService: "WEB") { instance, node, health in
            seen.append("\(node.name) \(node.address) \(instance.id) \(health)")
        }
        #expect(
            seen == ["A 10.0.0.2 9 critical", "n1 10.0.0.1 1 warning", "n1 10.0.0.1 2 passing"]
        )
    }

    @Test("limits hold, and what is there can still be changed")
    func limits() throws {
        var limits = CatalogLimits()
        limits.instancesPerServiceMax = 1
        var catalog = try Catalog.withNode(limits: limits)
        try catalog.apply(Registrations.web("w1"))
        #expect(throws: CatalogRejection.limitReached(what: "instances of a service", limit: 1)) {
            try catalog.apply(Registrations.web("w2"))
        }
        try catalog.apply(Registrations.web("w1", tags: ["new"]))
        #expect(catalog.tags(ofService: "web") == ["new"])
    }

    @Test("instances of a service stand in order of node, then id")
    func order() throws {
        var catalog = try Catalog.withNode()
        try catalog.apply(
            .register(Registration(node: Registrations.node("a", address: "10.0.0.2")))
        )
        for id in ["3", "1", "2"] { try catalog.apply(Registrations.web(id)) }
        try catalog.apply(Registrations.web("9", on: "a"))
        #expect(catalog.instances(ofService: "web").map(\.id) == ["9", "1", "2", "3"])
    }

    @Test("random changes: counts, indexes of names and a restored copy agree")
    func randomChanges() throws {
        var random = SplitMix(state: 42)
        var catalog = try Catalog.withNode()
        for _ in 0..<2_000 {
            let id = "i\(Int.random(in: 0..<20, using: &random))"
            let service = "s\(Int.random(in: 0..<5, using: &random))"
            let node = "n\(Int.random(in: 1...3, using: &random))"
            let change: CatalogChange =
                switch Int.random(in: 0..<7, using: &random) {
                case 0: .register(Registration(node: Registrations.node(node)))
                case 1, 2: Registrations.web(id, service: service, on: node, address: "10.1.0.1")
                case 3: Registrations.check("c\(id)", of: id, on: node, .critical)
                case 4: .deregisterInstance(InstanceKey(node: node, id: id), onlyIf: nil)
                case 5: .deregisterCheck(CheckKey(node: node, id: "c\(id)"))
                default:
                    Int.random(in: 0..<20, using: &random) == 0
                        ? .deregisterNode(node) : .drain(InstanceKey(node: node, id: id))
                }
            _ = try? catalog.apply(change)
        }
        let instances = catalog.nodes.flatMap { catalog.instances(onNode: $0.name) }
        #expect(catalog.instanceCount == instances.count)
        #expect(catalog.checkCount == catalog.checks.count)
        let byService = catalog.serviceNames.flatMap { catalog.instances(ofService: $0) }
        #expect(Set(byService) == Set(instances))

        var copy = Catalog(datacenter: "dc1")
        copy.restore(catalog.contents, index: catalog.index)
        #expect(copy.contents == catalog.contents)
        #expect(copy.serviceNames == catalog.serviceNames)
        #expect(copy.checks == catalog.checks)
        #expect(Set(copy.addresses) == Set(catalog.addresses))
        for service in catalog.serviceNames {
            #expect(copy.instances(ofService: service) == catalog.instances(ofService: service))
        }
    }
}

/// A small seeded generator, so that a failing run can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
