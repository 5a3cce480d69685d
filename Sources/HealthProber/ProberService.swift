package import Logging
internal import NIOCore
internal import NIOPosix
package import ServiceCatalog
internal import ServiceLifecycle
internal import Synchronization

/// Runs health: one loop for all checks, leases and writes.
///
/// The thinking is `Prober`'s; this shell has the clock, starts probes, appends to the log and
/// writes log lines. Plain probes run in lanes, one for each event loop; others, which may need
/// several connections, look-ups or TLS, in a task each.
package final class ProberService: Service, CatalogListener, HeartbeatReceiver {
    private let log: any CatalogLog
    private let runner: ProbeRunner
    private let logger: Logger
    private let origin = ContinuousClock.now
    private let prober: Mutex<Prober>
    private let wakeUps: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    /// Probes that began in a lane and need a task.
    private let detours: Mutex<[Prober.StartedProbe]> = Mutex([])
    /// So many probes go to one lane before the next has its turn.
    private static let laneBatch = 32

    /// Takes over the catalog as it is and follows its changes from now on.
    ///
    /// Heartbeats count from here; nothing is probed and nothing expires before `run`.
    package init(
        keeper: CatalogKeeper,
        log: any CatalogLog,
        policy: ProbeTargetPolicy,
        settings: ProberSettings = ProberSettings(),
        logger: Logger
    ) {
        self.log = log
        self.runner = ProbeRunner(
            policy: policy,
            trustedAuthoritiesFile: settings.trustedAuthoritiesFile
        )
        self.logger = logger
        self.prober = Mutex(Prober(settings: settings))
        (self.wakeUps, self.waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        let start = now
        keeper.add(self) { catalog in
            prober.withLock { $0.load(catalog, now: start) }
        }
    }

    private var now: ProbeInstant { .zero + (ContinuousClock.now - origin) }

    /// Counters for the metrics page.
    package var metrics: ProberMetrics { prober.withLock { $0.snapshot } }

    // MARK: - What others tell

    package func catalogDidChange(_ delta: CatalogDelta, in catalog: borrowing Catalog) {
        guard !delta.concernsOnlyKeys else { return }
        let now = now
        prober.withLock { $0.catalogChanged(delta, in: catalog, now: now) }
        waker.yield()
    }

    package func renewLease(of instance: InstanceKey) -> Lease? {
        let now = now
        return prober.withLock { $0.renewLease(of: instance, now: now) }
    }

    package func renewCheck(_ check: CheckKey) -> Bool {
        let now = now
        return prober.withLock { $0.renewCheck(check, now: now) }
    }

    package func renewSession(_ id: String) -> Bool {
        let now = now
        return prober.withLock { $0.renewSession(id, now: now) }
    }

    // MARK: - The loop

    /// Runs until shutdown or cancellation; probes under way are then broken off.
    package func run() async throws {
        await cancelWhenGracefulShutdown { await self.loop() }
    }

    private func loop() async {
        // One round at a time is planned; a timer of the event loop ends the wait.
        let timers = MultiThreadedEventLoopGroup.singleton.next()
        let lanes = MultiThreadedEventLoopGroup.singleton.makeIterator().map { loop in
            ProbeLane(loop: loop) { self.finish($0) }
        }
        await withDiscardingTaskGroup { group in
            var wakes = wakeUps.makeAsyncIterator()
            var round = 0
            while !Task.isCancelled {
                let now = now
                let (directives, wake, notices) = prober.withLock { prober in
                    let (directives, wake) = prober.tick(now: now)
                    return (directives, wake, prober.takeNotices())
                }
                for notice in notices { Self.write(notice, to: logger) }
                var plain: [PlainProbe] = []
                for directive in directives {
                    switch directive {
                    case .probe(let probe):
                        if let probe = runner.plainProbe(probe) {
                            plain.append(probe)
                        } else {
                            group.addTask { await self.run(probe) }
                        }
                    case .append(let tickets): group.addTask { await self.append(tickets) }
                    }
                }
                for first in stride(from: 0, to: plain.count, by: Self.laneBatch) {
                    let end = min(first + Self.laneBatch, plain.count)
                    lanes[round % lanes.count].begin(Array(plain[first..<end]))
                    round += 1
                }
                for probe in takeDetours() { group.addTask { await self.run(probe) } }
                let timer = timers.scheduleTask(
                    in: .nanoseconds(max((wake - self.now).nanoseconds, 0))
                ) { [waker] in _ = waker.yield() }
                let isOver = await wakes.next(isolation: #isolation) == nil
                timer.cancel()
                if isOver { break }
            }
            group.cancelAll()
            for lane in lanes { await lane.stop() }
        }
    }

    private func run(_ probe: Prober.StartedProbe) async {
        finish([ProbeLane.End(start: probe, result: await runner.run(probe.definition))])
    }

    private func finish(_ ends: [ProbeLane.End]) {
        let now = now
        let (needsLoop, unfinished) = prober.withLock { prober in
            var unfinished: [Prober.StartedProbe] = []
            for end in ends {
                if let result = end.result {
                    prober.finish(end.start, result, now: now)
                } else {
                    unfinished.append(end.start)
                }
            }
            return (prober.hasNews, unfinished)
        }
        if !unfinished.isEmpty { detours.withLock { $0 += unfinished } }
        if needsLoop || !unfinished.isEmpty { waker.yield() }
    }

    private func takeDetours() -> [Prober.StartedProbe] {
        detours.withLock { detours in
            defer { detours = [] }
            return detours
        }
    }

    private func append(_ tickets: [WriteQueue.Ticket]) async {
        let results = await log.append(contentsOf: tickets.map(\.change))
        var failure: CatalogLogError?
        let now = now
        prober.withLock { prober in
            for (ticket, result) in zip(tickets, results) {
                var error: CatalogLogError?
                if case .failure(let reason) = result { error = reason }
                prober.written(ticket, error: error, now: now)
                if case .unavailable? = error { failure = error }
            }
        }
        if let failure {
            logger.warning(
                "health change not stored, trying again",
                metadata: ["error": "\(failure)"]
            )
        }
        waker.yield()
    }
}
