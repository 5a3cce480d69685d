import ServiceCatalog
import Synchronization
import Testing

@testable import EtcdCluster

@Suite("The log of a cluster's server")
struct ClusterLogTests {
    private let log = ClusterLog()
    private let drain = CatalogChange.drain(InstanceKey(node: "n", id: "a"))
    private let name = EntryName(writer: "w", epoch: 2, number: 1)

    /// What settled, in order.
    private final class Outcomes: Sendable {
        private let list: Mutex<[Result<CatalogWrite, CatalogLogError>]> = Mutex([])

        func add(_ outcome: Result<CatalogWrite, CatalogLogError>) {
            list.withLock { $0.append(outcome) }
        }

        var all: [Result<CatalogWrite, CatalogLogError>] { list.withLock { $0 } }
    }

    private func append(_ changes: [CatalogChange]) -> Outcomes {
        let outcomes = Outcomes()
        for change in changes { log.append(change) { outcomes.add($0) } }
        return outcomes
    }

    @Test("what gathers goes together, and a transaction is the last of its entry")
    func batches() throws {
        let outcomes = append([drain, .transaction([]), drain, drain])
        let first = try #require(log.nextEntry(JSONCoding()))
        #expect(first.changes.map(\.change) == [drain, .transaction([])])
        let second = try #require(log.nextEntry(JSONCoding()))
        #expect(second.changes.count == 2)
        #expect(log.nextEntry(JSONCoding()) == nil)
        #expect(outcomes.all.isEmpty)
    }

    @Test("a change is settled when its entry is in the catalog, once")
    func settling() throws {
        let outcomes = append([drain])
        let entry = try #require(log.nextEntry(JSONCoding()))
        #expect(log.begin(name, entry.changes))
        #expect(!log.isIdle)
        log.applied(name, [.success(CatalogWrite(index: 9))])
        log.applied(name, [.success(CatalogWrite(index: 9))])
        #expect(outcomes.all == [.success(CatalogWrite(index: 9))])
        #expect(log.isIdle && log.takeBack(name) == nil)
    }

    @Test("an entry that is taken back is the writer's again, and no longer settled by the view")
    func takingBack() throws {
        let outcomes = append([drain])
        let entry = try #require(log.nextEntry(JSONCoding()))
        #expect(log.begin(name, entry.changes))
        #expect(log.takeBack(name)?.count == 1)
        log.applied(name, [.success(CatalogWrite(index: 9))])
        #expect(outcomes.all.isEmpty)
        log.settle(entry.changes, .failure(.unavailable(reason: "no")))
        #expect(outcomes.all == [.failure(.unavailable(reason: "no"))])
        #expect(log.metrics.problem == "no")
    }

    @Test(
        "a cut-off answers all that wait at once, and says of what is under way that it may be made"
    )
    func cutOff() throws {
        let underWay = append([drain])
        let entry = try #require(log.nextEntry(JSONCoding()))
        #expect(log.begin(name, entry.changes))
        let waiting = append([drain])
        log.cutOff(because: "away")
        #expect(waiting.all == [.failure(.cutOff(reason: "away"))])
        #expect(
            underWay.all == [.failure(.cutOff(reason: "away; the change may have been made"))]
        )
        #expect(append([drain]).all == [.failure(.cutOff(reason: "away"))])
        #expect(!log.begin(name, []) || log.refusal != nil)
        log.resume()
        #expect(append([drain]).all.isEmpty && log.refusal == nil)
    }

    @Test("what a returning server brings passes while others are still refused")
    func bringing() async throws {
        log.cutOff(because: "away")
        async let brought = log.bring([(drain, nil), (drain, 77)])
        var entries: [(changes: [ClusterLog.Waiting], bytes: [UInt8])] = []
        while entries.count < 2 {
            if let entry = log.nextEntry(JSONCoding()) { entries.append(entry) }
            await Task.yield()
        }
        #expect(entries.map { $0.changes.map(\.offlineMilliseconds) } == [[nil], [77]])
        for (number, entry) in entries.enumerated() {
            let name = EntryName(writer: "w", epoch: 2, number: UInt64(number))
            #expect(log.begin(name, entry.changes))
            log.applied(name, [.success(CatalogWrite(index: UInt64(number)))])
        }
        #expect(await brought.count == 2)
        #expect(append([drain]).all == [.failure(.cutOff(reason: "away"))])
    }

    @Test("after the stop nothing is taken")
    func stopping() {
        log.stop()
        #expect(append([drain]).all == [.failure(.stopping)])
    }
}
