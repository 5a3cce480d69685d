import DNSResponder
import DNSWire
import ServiceCatalog
import Testing

@testable import DNSZones

@Suite("Node meta beside answers")
struct NodeTextTests {
    private func catalog(addsNodeText: Bool = true) throws -> ServedCatalog {
        let catalog = try ServedCatalog { $0.addsNodeText = addsNodeText }
        try catalog.node("n1", "10.0.0.1", meta: ["rack": "r1", "env": "prod"])
        try catalog.node("n2", "10.0.0.2")
        for (id, node, address) in [("d1", "n1", ""), ("d2", "n1", "10.0.5.5"), ("d3", "n2", "")] {
            try catalog.instance(
                ServiceInstance(
                    node: node,
                    id: id,
                    service: "db",
                    address: address,
                    port: 5432
                )
            )
        }
        return catalog
    }

    @Test("SRV comes with the meta of its instances' nodes, once a node, after the addresses")
    func service() throws {
        let reply = try catalog().ask("db.service.consul", .srv)
        #expect(
            reply.additional.map(\.line) == [
                "n1.node.dc1.consul. A 10.0.0.1", "0a000505.addr.dc1.consul. A 10.0.5.5",
                "n2.node.dc1.consul. A 10.0.0.2", "n1.node.dc1.consul. TXT \"env=prod\"",
                "n1.node.dc1.consul. TXT \"rack=r1\"",
            ]
        )
        #expect(reply.additional.allSatisfy { $0.ttlSeconds == 5 })
    }

    @Test("a node's addresses come with its meta, at the name that was asked for")
    func node() throws {
        let catalog = try catalog()
        for name in ["n1.node.consul", "n1.node.dc1.consul"] {
            #expect(
                try catalog.additional(name, .a) == [
                    "\(name). TXT \"env=prod\"", "\(name). TXT \"rack=r1\"",
                ]
            )
        }
        #expect(try catalog.additional("n1.node.consul", .txt) == [])
        #expect(try catalog.additional("n1.node.consul", .aaaa) == [])
    }

    @Test("a change of the meta alone is seen beside the service's records")
    func change() throws {
        let catalog = try catalog()
        try catalog.node("n1", "10.0.0.1", meta: ["rack": "r9"])
        let texts = try catalog.additional("db.service.consul", .srv).filter {
            $0.contains(" TXT ")
        }
        #expect(texts == ["n1.node.dc1.consul. TXT \"rack=r9\""])
    }

    @Test("switched off, it is in TXT answers only")
    func off() throws {
        let catalog = try catalog(addsNodeText: false)
        #expect(try !catalog.additional("db.service.consul", .srv).contains { $0.contains("TXT") })
        #expect(try catalog.additional("n1.node.consul", .a) == [])
        #expect(try catalog.ask("n1.node.consul", .txt).answer.count == 2)
    }

    @Test("what is too long for one string, or too much for a message, costs no other record")
    func long() throws {
        let catalog = try ServedCatalog()
        let long = String(repeating: "x", count: 240)
        for number in 0..<100 {
            let meta = Dictionary(
                uniqueKeysWithValues: (0..<20).map { ("k\($0)", "\(long)\(number)") }
            )
            let name = "n\(number)"
            try catalog.node(
                name,
                "10.1.0.\(number)",
                meta: meta.merging(["poison": long + long]) { old, _ in old }
            )
            try catalog.instance(
                ServiceInstance(node: name, id: "i", service: "big", port: 1000 + number)
            )
        }
        let reply = try catalog.ask("big.service.consul", .srv)
        #expect(reply.answer.count == 100)
        #expect(!reply.header.isTruncated)
        #expect(reply.additional.filter { $0.type == .a }.count == 100)
        #expect(reply.additional.contains { $0.type == .txt })
        let plain = try catalog.ask("n7.node.consul", .a, overTCP: false, edns: nil)
        #expect(plain.answer.map(\.line) == ["n7.node.consul. A 10.1.0.7"])
        #expect(!plain.header.isTruncated)
        #expect(try !catalog.additional("n7.node.consul", .a).contains { $0.contains("poison") })
    }
}
