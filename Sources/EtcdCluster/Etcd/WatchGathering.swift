internal import Foundation
internal import Protos
internal import Synchronization

/// Puts the events of a watch together by revision.
///
/// Why: what was written in one transaction is one step; etcd sends it in one message, or in
/// fragments of which only the last says so.
final class WatchGathering: Sendable {
    private let pending: Mutex<[Etcdserverpb_Event]> = Mutex([])

    /// The steps that are complete with `reply`, in order.
    func add(_ reply: Etcdserverpb_WatchResponse) -> [EtcdStep] {
        let events: [Etcdserverpb_Event] = pending.withLock { pending in
            pending += reply.events
            guard !reply.fragment else { return [] }
            defer { pending = [] }
            return pending
        }
        var steps: [EtcdStep] = []
        for event in events {
            let pair = EtcdPair(event.kv)
            if steps.last?.revision != pair.modRevision { steps.append((pair.modRevision, [])) }
            steps[steps.count - 1].changes.append((pair, event.type == .delete))
        }
        return steps
    }
}

/// Yes or no, for several tasks.
final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .acquiring) }

    func set(_ new: Bool = true) { value.store(new, ordering: .releasing) }
}
