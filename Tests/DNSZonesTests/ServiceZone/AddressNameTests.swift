import DNSWire
import ServiceCatalog
import Testing

@testable import DNSZones

/// Names of addresses: the table has only the addresses, the answers are made when asked for.
@Suite("Names of addresses")
struct AddressNameTests {
    private func served() throws -> ServedCatalog {
        let served = try ServedCatalog()
        try served.node("n1", "10.0.0.1")
        for (id, address) in [("w1", "10.0.1.171"), ("w2", "203.0.113.7"), ("w3", "fd00::1:abcd")] {
            try served.instance(
                ServiceInstance(node: "n1", id: id, service: "web", address: address, port: 80)
            )
        }
        return served
    }

    private static let six = "fd00000000000000000000000001abcd"

    @Test(
        "an address of the catalog answers with itself, in any letter case",
        arguments: [
            ("0a0001ab.addr.consul", "A 10.0.1.171"),
            ("0A0001AB.addr.dc1.consul", "A 10.0.1.171"),
            ("\(six).addr.consul", "AAAA fd00::1:abcd"),
        ]
    )
    func known(name: String, record: String) throws {
        let served = try served()
        let type: RecordType = record.hasPrefix("AAAA") ? .aaaa : .a
        let other: RecordType = record.hasPrefix("AAAA") ? .a : .aaaa
        #expect(try served.answer(name, type) == ["\(name). \(record)"])
        #expect(try served.answer(name, .any) == ["\(name). \(record)"])
        for type in [other, .txt] {
            let reply = try served.ask(name, type)
            #expect(reply.responseCode == .noError)
            #expect(reply.answer.isEmpty)
            #expect(reply.authority.map(\.type) == [.soa])
            #expect(reply.header.isAuthoritative)
        }
    }

    @Test(
        "what is no address of the catalog does not exist",
        arguments: [
            "0a0001ac.addr.consul", "x.0a0001ab.addr.consul", "0a0001a.addr.consul",
            "0a0001ag.addr.consul", "fd00000000000000000000000001abce.addr.consul",
            "8.1.0.10.in-addr.arpa", "x.171.1.0.10.in-addr.arpa", "0171.1.0.10.in-addr.arpa",
        ]
    )
    func unknown(name: String) throws {
        let reply = try served().ask(name, .a)
        #expect(reply.responseCode == .nameError)
        #expect(reply.authority.map(\.type) == [.soa])
    }

    @Test("a long name has its answer in the smallest reply")
    func longName() throws {
        let label = String(repeating: "d", count: 63)
        let domain = [label, label, label, "consul"].joined(separator: ".")
        let served = try ServedCatalog(domains: [domain])
        try served.node("n1", "10.0.0.1")
        let reply = try served.ask("0a000001.addr.\(domain)", .a, overTCP: false, edns: nil)
        #expect(reply.answer.count == 1)
    }

    @Test("in a reverse zone of ours the names above an address exist as long as it does")
    func reverseZone() throws {
        let served = try served()
        let name = "171.1.0.10.in-addr.arpa"
        #expect(try served.answer(name, .ptr) == ["\(name). PTR web.service.dc1.consul."])
        let noData = try served.ask(name, .a)
        #expect(noData.responseCode == .noError)
        #expect(noData.authority.map(\.owner) == [try DomainName("10.in-addr.arpa")])
        #expect(try served.ask("1.0.10.in-addr.arpa", .ptr).responseCode == .noError)
        try served.change(.deregisterInstance(InstanceKey(node: "n1", id: "w1"), onlyIf: nil))
        #expect(try served.ask(name, .ptr).responseCode == .nameError)
        #expect(try served.ask("1.0.10.in-addr.arpa", .ptr).responseCode == .nameError)
        #expect(try served.ask("0a0001ab.addr.consul", .a).responseCode == .nameError)
    }

    @Test("outside all zones an address is a zone of its own, and its neighbours are refused")
    func alone() throws {
        let served = try served()
        let name = "7.113.0.203.in-addr.arpa"
        let apex = [try DomainName(name)]
        #expect(try served.answer(name, .ptr) == ["\(name). PTR web.service.dc1.consul."])
        #expect(try served.ask(name, .soa).answer.map(\.owner) == apex)
        #expect(try served.answer(name, .ns) == ["\(name). NS ns.consul."])
        #expect(try served.additional(name, .ns) == ["ns.consul. A 127.0.0.1"])
        let noData = try served.ask(name, .a)
        #expect(noData.responseCode == .noError)
        #expect(noData.authority.map(\.owner) == apex)
        #expect(noData.header.isAuthoritative)
        let below = try served.ask("x." + name, .ptr)
        #expect(below.responseCode == .nameError)
        #expect(below.authority.map(\.owner) == apex)
        #expect(try served.ask("8.113.0.203.in-addr.arpa", .ptr).responseCode == .refused)
        #expect(try served.ask("113.0.203.in-addr.arpa", .ptr).responseCode == .refused)
        try served.change(.deregisterInstance(InstanceKey(node: "n1", id: "w2"), onlyIf: nil))
        #expect(try served.ask(name, .ptr).responseCode == .refused)
    }
}
