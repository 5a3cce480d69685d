internal import NIOCore
internal import Synchronization

/// Calls for the prober's turns on one event loop: when one is planned, and earlier when there is
/// news.
///
/// Why on an event loop: probes begin there too, so that a turn costs no hand-over to another
/// thread and back.
final class ProberTurns: Sendable {
    private let loop: any EventLoop
    private let plan: NIOLoopBoundBox<Plan>
    /// True while a call is on its way to the loop: more of them would say the same.
    private let isCalled = Atomic<Bool>(false)

    private struct Plan {
        /// Does what is due and says how long there is nothing more; nil when there are no turns.
        var turn: (@Sendable () -> TimeAmount)?
        var next: Scheduled<Void>?
        var nextAt = NIODeadline.distantFuture
        /// Whatever happens, no turn comes sooner: turns that follow each other closely are dear.
        var earliest = NIODeadline.uptimeNanoseconds(0)
    }

    private static let gapMin: TimeAmount = .nanoseconds(Prober.wakeDelayMin.nanoseconds)

    init(loop: any EventLoop) {
        self.loop = loop
        self.plan = .makeBoxSendingValue(Plan(), eventLoop: loop)
    }

    /// Begins; `turn` is called on the loop, at once for the first time.
    func start(_ turn: @escaping @Sendable () -> TimeAmount) {
        loop.execute {
            self.plan.value.turn = turn
            self.take()
        }
    }

    /// Asks for a turn soon; from any thread.
    func call() {
        guard !isCalled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        loop.execute { self.schedule(at: self.plan.value.earliest) }
    }

    func stop() async {
        try? await loop.submit {
            self.plan.value.turn = nil
            self.plan.value.next?.cancel()
        }.get()
    }

    private func take() {
        // What is news from here on needs another turn.
        isCalled.store(false, ordering: .releasing)
        guard let turn = plan.value.turn else { return }
        plan.value.nextAt = .distantFuture
        let wait = turn()
        let now = NIODeadline.now()
        plan.value.earliest = now + Self.gapMin
        schedule(at: now + wait)
    }

    private func schedule(at time: NIODeadline) {
        guard plan.value.turn != nil, time < plan.value.nextAt else { return }
        plan.value.next?.cancel()
        plan.value.nextAt = time
        plan.value.next = loop.scheduleTask(deadline: time) { self.take() }
    }
}
