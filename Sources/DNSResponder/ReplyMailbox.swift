internal import CDatagram
internal import Synchronization

/// Replies that other threads have made for one worker to send.
///
/// It holds no more than the replies that are owed, which are bounded.
final class ReplyMailbox: Sendable {
    /// Readable while there may be something in it.
    let wakeup: Int32
    private let deliveries = Mutex<[ReplyDelivery]>([])
    private let isClosed = Atomic<Bool>(false)

    init() throws(ResponderError) {
        wakeup = wakeup_create()
        guard wakeup >= 0 else { throw ResponderError("no eventfd: \(reason(wakeup))") }
    }

    deinit { descriptor_close(wakeup) }

    func post(_ delivery: ReplyDelivery) {
        let isFirst = deliveries.withLock {
            $0.append(delivery)
            return $0.count == 1
        }
        if isFirst { wakeup_signal(wakeup) }
        // Either this sees that it is closed, or `close` sees the delivery.
        if isClosed.load(ordering: .sequentiallyConsistent) { _ = takeAll() }
    }

    /// Nobody will look into it again: what is there and what comes is let go, so that transfers end.
    func close() {
        isClosed.store(true, ordering: .sequentiallyConsistent)
        _ = takeAll()
    }

    /// Empties it.
    func takeAll() -> [ReplyDelivery] {
        // What comes between these two is taken, and the worker looks once more for nothing.
        wakeup_clear(wakeup)
        return deliveries.withLock {
            let all = $0
            $0.removeAll()
            return all
        }
    }
}
