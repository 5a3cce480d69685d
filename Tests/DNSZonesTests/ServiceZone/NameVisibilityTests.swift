import DNSResponder
import DNSWire
import ServiceCatalog
import Testing

@testable import DNSZones

@Suite("Access rules over DNS names")
struct NameVisibilityTests {
    private let published: Published

    init() throws {
        published = try Published()
        try published.change(
            .register(
                Registration(
                    node: Node(name: "n2", address: "10.0.0.2", datacenter: "dc1")
                )
            )
        )
        try published.register("w1", service: "web", address: "10.0.1.1", tags: ["v1"])
        try published.register("w2", node: "n2", service: "web", tags: ["v2"])
        try published.register("s1", service: "secret", address: "10.0.2.1", tags: ["v1"])
    }

    private static let names = [
        "secret.service.consul", "secret.service.dc1.consul", "v1.secret.service.consul",
        "_secret._tcp.consul", "_secret._v1.service.dc1.consul", "0a000201.addr.consul",
        "1.2.0.10.in-addr.arpa", "n2.node.consul", "0a000002.addr.dc1.consul",
        "2.0.0.10.in-addr.arpa", "v2.web.service.consul", "_web._v2.consul",
    ]

    private static let webOnFirstNode = NameVisibility(
        showsService: { $0 == "web" },
        showsNode: { $0 == "n1" }
    )

    @Test("hidden names go, and come back with the rule that hid them")
    func hides() throws {
        for name in Self.names where name != "0a000002.addr.dc1.consul" {
            #expect(try published.name(name) != nil, "\(name)")
        }
        try published.show(Self.webOnFirstNode)
        for name in Self.names { #expect(try published.name(name) == nil, "\(name)") }
        #expect(try published.records("web.service.consul", .a) == ["10.0.1.1"])
        #expect(try published.records("v1.web.service.consul", .a) == ["10.0.1.1"])
        #expect(try published.records("n1.node.consul", .a) == ["10.0.0.1"])
        try published.show(.all)
        for name in Self.names { #expect(try published.name(name) != nil, "\(name)") }
        #expect(try published.records("web.service.consul", .a) == ["10.0.1.1", "10.0.0.2"])
    }

    @Test("a change under a rule publishes nothing that is hidden")
    func changes() throws {
        try published.show(Self.webOnFirstNode)
        try published.register("s2", service: "secret", address: "10.0.2.2", tags: ["v3"])
        try published.register("w3", node: "n2", service: "web", tags: ["v3"])
        for name in ["secret.service.consul", "v3.secret.service.consul", "v3.web.service.consul"] {
            #expect(try published.name(name) == nil)
        }
        try published.register("w4", service: "web", address: "10.0.1.4", tags: ["v3"])
        #expect(try published.records("v3.web.service.consul", .a) == ["10.0.1.4"])
    }

    @Test("what is hidden is not counted as unhealthy")
    func counts() throws {
        try published.register("w5", node: "n2", address: "10.0.1.5", status: .critical)
        #expect(try published.name("web.service.consul")?.note?.extraText == "1/3 unhealthy")
        try published.show(Self.webOnFirstNode)
        #expect(try published.name("web.service.consul")?.note == nil)
    }

    @Test("NXDOMAIN of each zone says prohibited while a rule is in force, and only then")
    func note() throws {
        for apex in ["consul", "10.in-addr.arpa"] {
            #expect(try published.zone(apex)?.nameErrorNote == nil)
        }
        try published.show(Self.webOnFirstNode)
        for apex in ["consul", "10.in-addr.arpa"] {
            let note = try published.zone(apex)?.nameErrorNote
            #expect(note?.infoCode == ExtendedError.prohibited)
        }
        try published.register("w6", address: "10.0.1.6")
        #expect(try published.zone("consul")?.nameErrorNote != nil)
        try published.show(.all)
        #expect(try published.zone("consul")?.nameErrorNote == nil)
    }
}
