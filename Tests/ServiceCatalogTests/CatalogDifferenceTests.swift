import Testing

@testable import ServiceCatalog

@Suite("How two catalogs differ")
struct CatalogDifferenceTests {
    /// Draws changes; the same for the same seed.
    private struct Draw {
        private var state: UInt64

        init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

        mutating func below(_ limit: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(limit))
        }

        mutating func change() -> CatalogChange {
            let node = "n\(below(4))"
            let id = "i\(below(8))"
            switch below(10) {
            case 0:
                let address = "10.0.0.\(below(5))"
                return .register(Registration(node: Registrations.node(node, address: address)))
            case 1, 2, 3:
                let service = "s\(below(3))"
                let address = below(2) == 0 ? "" : "10.1.0.\(below(6))"
                return Registrations.web(id, service: service, on: node, address: address)
            case 4: return .deregisterInstance(InstanceKey(node: node, id: id), onlyIf: nil)
            case 5:
                let status = HealthStatus.allCases[below(3)]
                return Registrations.check(
                    "c\(below(4))",
                    of: below(2) == 0 ? id : "",
                    on: node,
                    status
                )
            case 6: return .deregisterNode(node)
            case 7:
                let write = KeyValueWrite(key: "k\(below(4))", value: [UInt8(below(200))])
                return .keyValue(.set(write))
            case 8: return .keyValue(.delete(key: "k\(below(4))"))
            default: return .createSession(Session(id: "session-\(below(4))", node: node))
            }
        }
    }

    /// A model that knows only what deltas tell.
    private struct Told: Equatable {
        var nodes: [String: Node] = [:]
        var instances: [InstanceKey: ServiceInstance] = [:]
        var checks: [CheckKey: HealthCheck] = [:]
        var entries: [String: KeyValueEntry] = [:]
        var sessions: [String: Session] = [:]

        init(_ catalog: Catalog) {
            for node in catalog.nodes {
                nodes[node.name] = node
                for instance in catalog.instances(onNode: node.name) {
                    instances[instance.key] = instance
                }
                for check in catalog.checks(onNode: node.name) { checks[check.key] = check }
            }
            for entry in catalog.entries { entries[entry.key] = entry }
            for session in catalog.sessions { sessions[session.id] = session }
        }

        mutating func take(_ event: CatalogEvent) {
            switch event {
            case .node(let old, let new): if let name = (new ?? old)?.name { nodes[name] = new }
            case .instance(let old, let new):
                if let key = (new ?? old)?.key { instances[key] = new }
            case .check(let old, let new): if let key = (new ?? old)?.key { checks[key] = new }
            case .keyValue(let old, let new):
                if let key = (new ?? old)?.key { entries[key] = new }
            case .session(let old, let new): if let id = (new ?? old)?.id { sessions[id] = new }
            case .preparedQuery, .accessPolicy, .accessToken: break
            }
        }
    }

    @Test("the events of the difference lead from one catalog to the other", arguments: 1...40)
    func events(seed: Int) throws {
        var draw = Draw(UInt64(seed))
        var start = Catalog(datacenter: "dc1")
        for index in 1...60 { _ = try? start.apply(draw.change(), at: UInt64(index)) }
        var here = start
        var there = start
        for index in 61...90 { _ = try? here.apply(draw.change(), at: UInt64(index)) }
        for index in 61...90 { _ = try? there.apply(draw.change(), at: UInt64(index)) }
        let difference = there.difference(from: here)
        var told = Told(here)
        for event in difference.events { told.take(event) }
        #expect(told == Told(there))
        #expect(there.difference(from: there).isEmpty)
    }

    @Test("what a change touches, the difference touches too", arguments: 1...40)
    func touches(seed: Int) throws {
        var draw = Draw(UInt64(seed) + 1_000)
        var before = Catalog(datacenter: "dc1")
        for index in 1...80 { _ = try? before.apply(draw.change(), at: UInt64(index)) }
        for index in 81...100 {
            var after = before
            guard let delta = try? after.apply(draw.change(), at: UInt64(index)) else { continue }
            let difference = after.difference(from: before)
            #expect(difference.services.isSuperset(of: delta.services))
            #expect(difference.addresses.isSuperset(of: delta.addresses))
            #expect(difference.changesServiceList == delta.changesServiceList)
            #expect(difference.changesChecks == delta.changesChecks)
            #expect(difference.changesNodeList == delta.changesNodeList)
            #expect(difference.changesSessions == delta.changesSessions)
            before = after
        }
    }

    @Test("changes that were made together have one index, and the same results as one by one")
    func together() throws {
        let keeper = CatalogKeeper(try Catalog.withNode())
        let changes = [Registrations.web("a"), Registrations.web("b", on: "nowhere")]
        let results = keeper.apply(together: changes, at: 40)
        #expect(results.map { (try? $0.get())?.index } == [40, nil])
        #expect(keeper.read { $0.instance(InstanceKey(node: "n1", id: "a"))?.createIndex } == 40)
    }
}
