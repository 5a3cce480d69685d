internal import ServiceCatalog
internal import Testing

@testable internal import HealthProber

@Suite("Write queue")
struct WriteQueueTests {
    private let check = CheckKey(node: "n", id: "c")
    private var key: WriteQueue.Key { .status(check) }

    private func at(_ seconds: Double) -> ProbeInstant {
        ProbeInstant(nanoseconds: Int64(seconds * 1e9))
    }

    private func change(_ status: HealthStatus) -> CatalogChange {
        .checkStatus(check, status, output: "")
    }

    @Test("Of several changes that wait the newest is written")
    func newestWins() {
        var queue = WriteQueue()
        queue.put(key, change(.critical), now: at(0))
        queue.put(key, change(.passing), now: at(0))
        #expect(queue.takeReady(now: at(0)).map(\.change) == [change(.passing)])
        #expect(queue.takeReady(now: at(0)).isEmpty)
    }

    @Test("A change that comes during a write follows it")
    func oneAtATime() throws {
        var queue = WriteQueue()
        queue.put(key, change(.critical), now: at(0))
        let ticket = try #require(queue.takeReady(now: at(0)).first)
        queue.put(key, change(.passing), now: at(0))
        #expect(queue.takeReady(now: at(1)).isEmpty, "order would be lost")
        let isRetried1 = queue.finish(ticket, error: nil, now: at(1))
        #expect(!isRetried1)
        #expect(queue.takeReady(now: at(1)).map(\.change) == [change(.passing)])
    }

    @Test("What could not be stored is tried again, later each time; others do not wait")
    func backoff() throws {
        var queue = WriteQueue()
        queue.put(key, change(.critical), now: at(0))
        var ticket = try #require(queue.takeReady(now: at(0)).first)
        let isRetried2 = queue.finish(ticket, error: .unavailable(reason: "full"), now: at(0))
        #expect(isRetried2)
        let other = WriteQueue.Key.status(CheckKey(node: "n", id: "other"))
        queue.put(other, change(.passing), now: at(0))
        #expect(queue.takeReady(now: at(0)).map(\.key) == [other])
        #expect(queue.takeReady(now: at(0.099)).isEmpty)
        ticket = try #require(queue.takeReady(now: at(0.1)).first)
        let isRetried3 = queue.finish(ticket, error: .overloaded, now: at(1))
        #expect(isRetried3)
        #expect(queue.takeReady(now: at(1.199)).isEmpty)
        ticket = try #require(queue.takeReady(now: at(1.2)).first)
        queue.finish(ticket, error: nil, now: at(2))
        #expect(!queue.contains(key))
    }

    @Test("A refused change is not tried again")
    func rejected() throws {
        var queue = WriteQueue()
        queue.put(key, change(.critical), now: at(0))
        let ticket = try #require(queue.takeReady(now: at(0)).first)
        let isRetried4 = queue.finish(ticket, error: .rejected(.unknownCheck(check)), now: at(0))
        #expect(!isRetried4)
        #expect(queue.count == 0)
    }

    @Test("A cancelled change is neither written nor tried again")
    func cancelled() throws {
        var queue = WriteQueue()
        queue.put(key, change(.critical), now: at(0))
        queue.cancel(key)
        #expect(queue.takeReady(now: at(0)).isEmpty)
        queue.put(key, change(.critical), now: at(1))
        let ticket = try #require(queue.takeReady(now: at(1)).first)
        queue.cancel(key)
        let isRetried5 = queue.finish(ticket, error: .unavailable(reason: "full"), now: at(1))
        #expect(!isRetried5)
        #expect(queue.count == 0)
    }

    @Test("No more writes than allowed run together")
    func cap() {
        var queue = WriteQueue(inFlightMax: 2)
        for number in 0..<5 {
            let key = WriteQueue.Key.status(CheckKey(node: "n", id: "\(number)"))
            queue.put(key, change(.critical), now: at(0))
        }
        let tickets = queue.takeReady(now: at(0))
        #expect(tickets.count == 2)
        #expect(queue.nextDue == nil)
        for ticket in tickets { queue.finish(ticket, error: nil, now: at(0)) }
        #expect(queue.takeReady(now: at(0)).count == 2)
    }
}
