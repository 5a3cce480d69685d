import Synchronization
import Testing

@testable import ServiceCatalog

@Suite("Catalog keeper")
struct CatalogKeeperTests {
    private func keeper() throws -> CatalogKeeper { CatalogKeeper(try Catalog.withNode()) }

    private var farAway: ContinuousClock.Instant { .now + .seconds(3600) }

    @Test("a watcher wakes when its service changes, and one of another service does not")
    func wakes() async throws {
        let keeper = try keeper()
        _ = keeper.apply(
            [Registrations.web("w1"), Registrations.web("d1", service: "db")],
            from: 3
        )
        let index = keeper.read { $0.serviceIndex("web") }
        await withTaskGroup(of: String.self) { group in
            group.addTask {
                await keeper.wait(for: .service("WEB"), above: index, until: farAway)
                return "web"
            }
            group.addTask {
                await keeper.wait(for: .service("db"), above: 99, until: farAway)
                return "db"
            }
            while keeper.waiterCount < 2 { await Task.yield() }
            _ = keeper.apply([Registrations.web("w2")], from: 5)
            #expect(await group.next() == "web")
            #expect(keeper.waiterCount == 1)
            group.cancelAll()
            #expect(await group.next() == "db")
        }
        #expect(keeper.waiterCount == 0)
    }

    @Test("watchers of a key and of its prefixes wake, others sleep on")
    func keyWatchers() async throws {
        let keeper = try keeper()
        let waking: [WatchTopic] = [
            .key("a/b"), .keyPrefix(""), .keyPrefix("a/"), .keyPrefix("a/b"),
        ]
        let sleeping: [WatchTopic] = [.key("a/"), .keyPrefix("a/b/"), .keyPrefix("b"), .sessions]
        await withTaskGroup(of: WatchTopic.self) { group in
            for topic in waking + sleeping {
                group.addTask {
                    await keeper.wait(for: topic, above: 50, until: farAway)
                    return topic
                }
            }
            while keeper.waiterCount < 8 { await Task.yield() }
            let write = KeyValueWrite(key: "a/b", value: [])
            _ = keeper.apply([.keyValue(.set(write))], from: 60)
            var woken: Set<WatchTopic> = []
            for _ in waking { if let topic = await group.next() { woken.insert(topic) } }
            #expect(woken == Set(waking))
            #expect(keeper.waiterCount == sleeping.count)
            _ = keeper.apply([.keyValue(.deleteTree(prefix: ""))], from: 61)
            #expect(keeper.waiterCount == sleeping.count)
            group.cancelAll()
        }
    }

    @Test("a watcher whose index is old returns at once")
    func oldIndex() async throws {
        let keeper = try keeper()
        _ = keeper.apply([Registrations.web("w1")], from: 3)
        await keeper.wait(for: .service("web"), above: 1, until: farAway)
        #expect(keeper.waiterCount == 0)
    }

    @Test("a watcher wakes when somebody else ends its wait, also before it began")
    func endedByOthers() async throws {
        let keeper = try keeper()
        let wakeUp = WakeUp()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await keeper.wait(for: .nodeList, above: 99, until: farAway, wakeUp: wakeUp)
            }
            while keeper.waiterCount < 1 { await Task.yield() }
            wakeUp.end()
            wakeUp.end()
            await group.waitForAll()
        }
        await keeper.wait(for: .nodeList, above: 99, until: farAway, wakeUp: wakeUp)
        #expect(keeper.waiterCount == 0)
    }

    @Test("a cancelled task does not wait")
    func cancelled() async throws {
        let keeper = try keeper()
        await withTaskGroup(of: Void.self) { group in
            group.cancelAll()
            group.addTask {
                await keeper.wait(for: .nodeList, above: 99, until: farAway)
            }
        }
        #expect(keeper.waiterCount == 0)
    }

    @Test("a watcher wakes at its deadline")
    func deadline() async throws {
        let keeper = try keeper()
        let deadline = ContinuousClock.now + .seconds(60)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await keeper.wait(for: .serviceList, above: 99, until: deadline)
            }
            while keeper.waiterCount < 1 { await Task.yield() }
            keeper.wakeExpired(now: deadline - .seconds(1))
            #expect(keeper.waiterCount == 1)
            keeper.wakeExpired(now: deadline)
            await group.waitForAll()
        }
        #expect(keeper.waiterCount == 0)
    }

    @Test("listeners hear of a batch once, before the results return")
    func listeners() throws {
        final class Recorder: CatalogListener {
            let deltas = Mutex<[CatalogDelta]>([])
            func catalogDidChange(_ delta: CatalogDelta, in catalog: borrowing Catalog) {
                deltas.withLock { $0.append(delta) }
            }
        }
        let keeper = try keeper()
        let recorder = Recorder()
        keeper.add(recorder)
        let results = keeper.apply(
            [
                Registrations.web("w1"), Registrations.web("x", on: "nowhere"),
                Registrations.web("w1"),
            ],
            from: 3
        )
        let third = CatalogWrite(index: 3)
        #expect(
            results == [.success(third), .failure(.unknownNode("nowhere")), .success(third)]
        )
        let deltas = recorder.deltas.withLock { $0 }
        #expect(deltas.map(\.index) == [3])
        #expect(deltas.first?.services == ["web"])
    }

    @Test("a snapshot stays as it was while the catalog goes on")
    func snapshots() throws {
        var catalog = try Catalog.withNode()
        for number in 0..<600 {
            try catalog.apply(
                Registrations.web("i\(number)", service: "s\(number % 50)", tags: ["t"])
            )
            try catalog.apply(Registrations.check("c\(number)", of: "i\(number)"))
        }
        let keeper = CatalogKeeper(catalog)
        let before = keeper.snapshot()
        for number in 0..<600 {
            let key = InstanceKey(node: "n1", id: "i\(number)")
            let change: CatalogChange =
                number % 2 == 0
                ? .deregisterInstance(key, onlyIf: nil)
                : .checkStatus(CheckKey(node: "n1", id: "c\(number)"), .critical, output: "")
            _ = try keeper.apply([change], from: 10_000 + UInt64(number))[0].get()
        }
        #expect(before.contents == catalog.contents)
        #expect(before.health(InstanceKey(node: "n1", id: "i1")) == .passing)
        #expect(keeper.read { $0.instanceCount } == 300)
        #expect(keeper.read { $0.checkCounts[.critical] } == 300)
    }

    @Test("what a topic shows is read the same, short or long", arguments: [1, 600])
    func readAboutTopic(count: Int) throws {
        var catalog = try Catalog.withNode()
        for number in 0..<count { try catalog.apply(Registrations.web("i\(number)")) }
        let keeper = CatalogKeeper(catalog)
        for topic in [WatchTopic.service("web"), .serviceList, .node("n1")] {
            let ids = keeper.read(about: topic) { $0.instances(ofService: "web").map(\.id) }
            #expect(ids == catalog.instances(ofService: "web").map(\.id) && ids.count == count)
        }
    }
}
