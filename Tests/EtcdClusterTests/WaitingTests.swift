import Foundation
import Protos
import Synchronization
import Testing

@testable import EtcdCluster

@Suite("Waiting and gathering")
struct WaitingTests {
    @Test(
        "a bell that rang before ends the next wait at once, and still rings after a wait was over"
    )
    func bell() async {
        let bell = ClusterBell()
        bell.ring()
        await bell.wait(atMost: .seconds(60))
        await bell.wait(atMost: .milliseconds(1))
        let waiting = Task { await bell.wait(atMost: .seconds(60)) }
        bell.ring()
        await waiting.value
        let cancelled = Task { await bell.wait(atMost: .seconds(60)) }
        cancelled.cancel()
        await cancelled.value
    }

    @Test("who comes while a question is under way gets the answer of the next one")
    func confirmation() async {
        let shared = SharedConfirmation()
        let asked = Mutex(0)
        let gate = ClusterBell()
        let first = Task {
            await shared.next {
                let count = asked.withLock { asked in
                    asked += 1
                    return asked
                }
                if count == 1 { await gate.wait(atMost: .seconds(60)) }
                return true
            }
        }
        while asked.withLock({ $0 }) == 0 { await Task.yield() }
        let others = (0..<5).map { _ in Task { await shared.next { false } } }
        gate.ring()
        #expect(await first.value)
        for other in others { _ = await other.value }
        #expect(asked.withLock { $0 } <= 6)
    }

    @Test("a step of a watch is whole although it comes in fragments")
    func fragments() {
        func event(_ key: String, _ revision: Int64) -> Etcdserverpb_Event {
            var event = Etcdserverpb_Event()
            event.kv.key = Data(key.utf8)
            event.kv.modRevision = revision
            return event
        }
        let gathering = WatchGathering()
        var first = Etcdserverpb_WatchResponse()
        first.fragment = true
        first.events = [event("a", 4), event("b", 5)]
        #expect(gathering.add(first).isEmpty)
        var last = Etcdserverpb_WatchResponse()
        last.events = [event("c", 5), event("d", 6)]
        let steps = gathering.add(last)
        #expect(steps.map(\.revision) == [4, 5, 6])
        #expect(steps.map { $0.changes.map(\.pair.key) } == [["a"], ["b", "c"], ["d"]])
    }

    @Test("heartbeats are told once each, and no more at once than a value holds")
    func beats() {
        let beats = PendingBeats()
        for number in 0..<150_000 { beats.add(UInt64(number % 120_000)) }
        let first = beats.take()
        let second = beats.take()
        #expect(first.count == 100_000 && second.count == 20_000)
        #expect(Set(first).union(second).count == 120_000)
        #expect(beats.take().isEmpty)
    }
}
