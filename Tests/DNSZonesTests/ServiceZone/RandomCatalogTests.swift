import DNSResponder
import DNSWire
import ServiceCatalog
import Testing

@testable import DNSZones

/// Random changes of a catalog with names that get in each other's way.
@Suite("Random catalogs")
struct RandomCatalogTests {
    private static let services = ["web", "Web", "a", "b", "a.b", "x.a.b", "b.service", "_tcp"]
    private static let tags = ["a", "x", "x.a", "A", "v1", "tcp", "a.b", "", "bad..tag"]
    private static let nodes = ["n1", "n2", "d.otted", "a", String(repeating: "n", count: 70)]
    private static let hosts = [
        "", "10.0.1.1", "10.0.1.2", "203.0.113.9", "fd00::1", "web.service.consul",
        "a.b.service.dc1.consul", "b.service.other", "n1.node.consul", "far.example.net",
        "http://bad/",
    ]

    private static func change(_ random: inout RandomZones.Random) -> CatalogChange {
        let node = nodes.randomElement(using: &random) ?? "n1"
        let id = ["i1", "i2", "i3"].randomElement(using: &random) ?? "i1"
        switch Int.random(in: 0..<12, using: &random) {
        case 0:
            return .deregisterNode(node)
        case 1, 2:
            return .deregisterInstance(InstanceKey(node: node, id: id), onlyIf: nil)
        case 3:
            return .drain(InstanceKey(node: node, id: id))
        case 4:
            let status = HealthStatus.allCases.randomElement(using: &random) ?? .passing
            let check = HealthCheck(node: node, id: "disk", name: "disk", status: status)
            return .register(Registration(checks: [RegisteredCheck(check, keepsStatus: false)]))
        case 5, 6:
            return .register(
                Registration(
                    node: Node(
                        id: ["", "id-\(node)", "a"].randomElement(using: &random) ?? "",
                        name: node,
                        address: hosts.dropFirst().randomElement(using: &random) ?? "10.0.0.1",
                        datacenter: "dc1",
                        taggedAddresses: Bool.random(using: &random)
                            ? ["lan_ipv6": "fd00::9"] : [:],
                        meta: Bool.random(using: &random) ? ["k": "v"] : [:]
                    )
                )
            )
        default:
            let tagged = Bool.random(using: &random)
            return .register(
                Registration(
                    instance: ServiceInstance(
                        node: node,
                        id: id,
                        service: services.randomElement(using: &random) ?? "web",
                        tags: (0..<2).compactMap { _ in tags.randomElement(using: &random) },
                        address: hosts.randomElement(using: &random) ?? "",
                        port: [80, 0, 70_000].randomElement(using: &random) ?? 80,
                        taggedAddresses: tagged
                            ? ["lan_ipv6": ServiceAddress(address: "fd00::7", port: 8080)] : [:]
                    )
                )
            )
        }
    }

    @Test(
        "names after many changes are those of a catalog that is compiled whole",
        arguments: 0..<8
    )
    func incremental(seed: UInt64) throws {
        try run(seed, Published(domains: ["consul", "other"]))
    }

    @Test(
        "so are those of services that are kept record by record",
        arguments: 0..<8
    )
    func large(seed: UInt64) throws {
        // Odd ones never have as much as fills a message.
        let limits = LargeService.Limits(
            instancesMin: 2 + Int(seed % 3),
            messageBytes: seed % 2 == 0 ? 0 : 65_536
        )
        try run(seed, Published(domains: ["consul", "other"], largeLimits: limits))
    }

    private func run(_ seed: UInt64, _ published: Published) throws {
        var random = RandomZones.Random(state: seed)
        for step in 0..<400 {
            let change = Self.change(&random)
            // What the catalog refuses is no change.
            try? published.change(change)
            if Int.random(in: 0..<40, using: &random) == 0 {
                let hidden = Self.services.randomElement(using: &random)?.lowercased() ?? ""
                let hiddenNode = Self.nodes.randomElement(using: &random)?.lowercased() ?? ""
                try published.show(
                    Bool.random(using: &random)
                        ? .all
                        : NameVisibility(
                            showsService: { $0.lowercased() != hidden },
                            showsNode: { $0.lowercased() != hiddenNode }
                        )
                )
            }
            guard step % 10 == 9 else { continue }
            let differences = try published.differencesFromFresh()
            #expect(differences.isEmpty, "step \(step): \(differences.prefix(5))")
            if !differences.isEmpty { return }
        }
    }
}
