internal import CDatagram
internal import DNSWire
internal import Synchronization

/// What passes between those who ask for transfers and the thread that makes them.
///
/// Bounded: a transfer that runs has one event at most, and of refused requests one waits.
final class TransferDesk: Sendable {
    /// What the thread is told.
    enum Event: Sendable {
        case begin(TransferRequest)
        /// The client has taken the last message of this transfer.
        case goOn(UInt64)
        /// The client is gone.
        case abandon(UInt64)
        /// A report that needs no work, to be passed on outside the packet path.
        case tell(TransferReport)
        case stop
    }

    private struct Unmentioned {
        var count = 0
        var last: ContinuousClock.Instant?
        var waits = false
    }

    let source: any ZoneSource
    let wakeup: Int32
    private let runningMax: Int
    private let running = Atomic<Int>(0)
    private let events = Mutex<[Event]>([])
    private let results: Mutex<[TransferReport.Result: Int]> = Mutex([:])
    private let unmentioned: Mutex<[TransferReport.Result: Unmentioned]> = Mutex([:])
    private let report: @Sendable (TransferReport) -> Void

    /// Requests that are turned away are told of at most so often.
    private static let complaintInterval = Duration.seconds(10)

    init(
        source: any ZoneSource,
        runningMax: Int,
        report: @escaping @Sendable (TransferReport) -> Void
    ) throws(ResponderError) {
        self.source = source
        self.runningMax = max(runningMax, 1)
        self.report = report
        wakeup = wakeup_create()
        guard wakeup >= 0 else { throw ResponderError("no eventfd: \(reason(wakeup))") }
    }

    deinit { descriptor_close(wakeup) }

    /// A place for one more transfer; false when all are taken.
    func takePlace() -> Bool {
        if running.add(1, ordering: .relaxed).newValue <= runningMax { return true }
        giveBackPlace()
        return false
    }

    func giveBackPlace() { running.subtract(1, ordering: .relaxed) }

    var runningCount: Int { running.load(ordering: .relaxed) }

    func count(_ result: TransferReport.Result) -> Int { results.withLock { $0[result] ?? 0 } }

    func post(_ event: Event) {
        let isFirst = events.withLock {
            $0.append(event)
            return $0.count == 1
        }
        if isFirst { wakeup_signal(wakeup) }
    }

    /// All that was posted, in order.
    func takeAll() -> [Event] {
        // What comes between these two is taken, and the thread looks once more for nothing.
        wakeup_clear(wakeup)
        return events.withLock {
            let all = $0
            $0.removeAll()
            return all
        }
    }

    /// Counts a request that is turned away, and has it told of now and then.
    ///
    /// Called on worker threads, for a client may ask as often as it likes.
    func turnAway(_ client: IPAddress?, _ zone: DomainName, _ result: TransferReport.Result) {
        results.withLock { $0[result, default: 0] += 1 }
        let now = ContinuousClock.now
        let count: Int? = unmentioned.withLock { all in
            var one = all[result] ?? Unmentioned()
            defer { all[result] = one }
            one.count += 1
            if one.waits { return nil }
            if let last = one.last, now - last < Self.complaintInterval { return nil }
            (one.last, one.waits) = (now, true)
            defer { one.count = 0 }
            return one.count
        }
        guard let count else { return }
        post(.tell(TransferReport(result: result, zone: zone, client: client, count: count)))
    }

    /// Passes a report on; counts it unless that was done already.
    func tell(_ told: TransferReport, isCounted: Bool = false) {
        if isCounted {
            unmentioned.withLock { $0[told.result]?.waits = false }
        } else {
            results.withLock { $0[told.result, default: 0] += 1 }
        }
        report(told)
    }
}
