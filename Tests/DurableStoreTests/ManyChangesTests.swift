import Logging
import ServiceCatalog
import Testing

@testable import DurableStore

@Suite("Many changes at once")
struct ManyChangesTests {
    private func node(_ name: String) -> CatalogChange {
        .register(Registration(node: Node(name: name, address: "10.0.0.1", datacenter: "dc1")))
    }

    private func makeLog() -> (log: StandaloneLog, keeper: CatalogKeeper) {
        let keeper = CatalogKeeper(Catalog(datacenter: "dc1"))
        let log = StandaloneLog(
            keeper: keeper,
            store: nil,
            position: 0,
            logger: Logger(label: "test")
        )
        return (log, keeper)
    }

    @Test("each has its own outcome, in their order, over more than one commit")
    func outcomes() async throws {
        let (log, keeper) = makeLog()
        async let running: Void = log.run()
        let changes = (0..<1_000).map { number in
            number % 100 == 50 ? CatalogChange.deregisterNode("nowhere") : node("n\(number)")
        }
        let results = await log.append(contentsOf: changes)
        log.stop()
        await running
        #expect(results.count == 1_000)
        for (number, result) in results.enumerated() {
            if number % 100 == 50 {
                #expect(result == .failure(.rejected(.unknownNode("nowhere"))))
            } else {
                #expect(result == .success(CatalogWrite(index: UInt64(number) + 1)))
            }
        }
        #expect(keeper.read { $0.nodeCount } == 990)
        #expect(log.metrics.changes == 1_000)
        #expect(log.metrics.commit.count == 4)
        #expect(await log.append(contentsOf: []).isEmpty)
    }

    @Test("a later change sees what an earlier one of the same call did")
    func order() async throws {
        let (log, keeper) = makeLog()
        async let running: Void = log.run()
        let results = await log.append(contentsOf: [
            node("n"), .deregisterNode("n"), node("n"), .deregisterNode("n"),
        ])
        log.stop()
        await running
        #expect(results.allSatisfy { (try? $0.get()) != nil })
        #expect(keeper.read { $0.nodeCount } == 0)
    }

    @Test("after stop all of them are refused, and so they are when too many wait")
    func refused() async {
        let (log, _) = makeLog()
        let many = [CatalogChange](repeating: .deregisterNode("n"), count: 65_536)
        async let waiting = log.append(contentsOf: many)
        // Nothing runs yet: once all of them wait, there is no room for another.
        while true {
            if log.waitingCount == many.count { break }
            await Task.yield()
        }
        let results = await log.append(contentsOf: [node("a"), node("b")])
        #expect(results == [.failure(.overloaded), .failure(.overloaded)])
        log.stop()
        #expect(await log.append(contentsOf: [node("a")]) == [.failure(.stopping)])
        await log.run()
        #expect(await waiting.count == many.count)
    }
}
