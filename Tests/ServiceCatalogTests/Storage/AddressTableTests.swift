import DNSWire
import Testing

@testable import ServiceCatalog

@Suite("Address table")
struct AddressTableTests {
    private let v4 = IPAddress.v4(0x0A00_0001)
    private let v6 = IPAddress.v6(1)

    @Test("an owner comes once and goes with its last instance")
    func counts() {
        var table = AddressTable()
        #expect(table.own([v4], "web", .service) == [v4])
        #expect(table.own([v4], "web", .service) == [])
        #expect(table.owners(of: v4)?.services["web"] == 2)
        #expect(table.own([v4], "n1", .node) == [v4])
        #expect(table.disown([v4], "web", .service) == [])
        #expect(table.disown([v4], "web", .service) == [v4])
        #expect(table.owners(of: v4)?.services.isEmpty == true)
        #expect(table.owners(of: v4)?.nodes.names == ["n1"])
        #expect(table.disown([v4], "n1", .node) == [v4])
        #expect(table.owners(of: v4) == nil && table.all.isEmpty)
    }

    @Test("addresses of a group are companions for as long as one has both")
    func companions() {
        var table = AddressTable()
        #expect(table.own([v4], "web", .service) == [v4])
        #expect(table.own([v4, v6], "web", .service) == [v4, v6])
        #expect(table.owners(of: v4)?.companions == [v6: 1])
        #expect(table.disown([v4, v6], "web", .service) == [v4, v6])
        #expect(table.owners(of: v4)?.companions == [:])
        #expect(table.owners(of: v6) == nil)
    }

    @Test("owners stand in order of name, and the first ones are found without the others")
    func order() {
        var table = AddressTable()
        for number in (100..<1_000).shuffled() { _ = table.own([v4], "s\(number)", .service) }
        var asked = 0
        let first = table.owners(of: v4)?.services.first(3) { name in
            asked += 1
            return name == "s101" ? nil : name
        }
        #expect(first == ["s100", "s102", "s103"])
        #expect(asked == 4)
    }

    @Test("random owners: the same as counting")
    func model() {
        var random = SplitMix(state: 3)
        var table = AddressTable()
        var owned: [[IPAddress]: [String: Int]] = [:]
        let addresses: [IPAddress] = [.v4(1), .v4(2), .v6(1), .v6(2)]
        let names = ["a", "b", "c"]
        for _ in 0..<5_000 {
            var group = [addresses.randomElement(using: &random) ?? v4]
            if case .v4 = group[0], Bool.random(using: &random) { group.append(.v6(1)) }
            let name = names.randomElement(using: &random) ?? "a"
            let count = owned[group]?[name] ?? 0
            if count > 0, Bool.random(using: &random) {
                _ = table.disown(group, name, .service)
                owned[group]?[name] = count - 1
            } else if count < 3 {
                _ = table.own(group, name, .service)
                owned[group, default: [:]][name] = count + 1
            }
            for address in addresses {
                let groups = owned.filter { $0.key.contains(address) }
                var counts: [String: Int] = [:]
                for (name, count) in groups.values.joined() { counts[name, default: 0] += count }
                counts = counts.filter { $0.value > 0 }
                let found = table.owners(of: address)
                #expect(found?.services.names ?? [] == counts.keys.sorted())
                #expect(counts.allSatisfy { found?.services[$0.key] == $0.value })
                let companions = groups.filter { $0.value.values.contains { $0 > 0 } }
                    .flatMap(\.key).filter { $0 != address }
                #expect(Set(found?.companions.map(\.key) ?? []) == Set(companions))
            }
        }
        #expect(Set(table.all).isSubset(of: Set(addresses)))
    }
}
