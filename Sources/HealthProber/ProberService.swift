package import Logging
internal import NIOCore
internal import NIOPosix
package import ServiceCatalog
internal import ServiceLifecycle
internal import Synchronization

/// Runs health: one series of turns for all checks, leases and writes.
///
/// The thinking is `Prober`'s; this shell has the clock, starts probes, appends to the log and
/// writes log lines. Plain probes run in lanes, one for each event loop; others, which may need
/// several connections, look-ups or TLS, in a task each.
package final class ProberService: Service, CatalogListener, HeartbeatReceiver {
    let keeper: CatalogKeeper
    private let log: any CatalogLog
    let runner: ProbeRunner
    private let logger: Logger
    private let origin = ContinuousClock.now
    let prober: Mutex<Prober>
    /// Nil where this server stands alone.
    let sharing: ProberSharing?
    private let loops = Array(MultiThreadedEventLoopGroup.singleton.makeIterator())
    private let turns: ProberTurns
    /// What is done in a task each.
    private let tasks: AsyncStream<Prober.Directive>
    private let feed: AsyncStream<Prober.Directive>.Continuation
    /// So many probes of a turn go to one lane.
    ///
    /// The first lane is on the loop of the turns; others get some when one core is not enough.
    private static let laneBatch = 32

    /// Takes over the catalog as it is and follows its changes from now on.
    ///
    /// Heartbeats count from here; nothing is probed and nothing expires before `run`.
    package init(
        keeper: CatalogKeeper,
        log: any CatalogLog,
        policy: ProbeTargetPolicy,
        settings: ProberSettings = ProberSettings(),
        sharing: ProberSharing? = nil,
        logger: Logger
    ) {
        self.keeper = keeper
        self.log = log
        self.sharing = sharing
        self.runner = ProbeRunner(
            policy: policy,
            trustedAuthoritiesFile: settings.trustedAuthoritiesFile
        )
        self.logger = logger
        self.prober = Mutex(Prober(settings: settings))
        self.turns = ProberTurns(loop: loops[0])
        (self.tasks, self.feed) = AsyncStream.makeStream()
        let start = now
        keeper.add(self) { catalog in
            prober.withLock { $0.load(catalog, now: start) }
        }
    }

    var now: ProbeInstant { .zero + (ContinuousClock.now - origin) }

    /// Counters for the metrics page.
    package var metrics: ProberMetrics { prober.withLock { $0.snapshot } }

    // MARK: - What others tell

    package func catalogDidChange(_ delta: CatalogDelta, in catalog: borrowing Catalog) {
        guard !delta.concernsOnlyKeys else { return }
        let now = now
        let needsTurn = prober.withLock { prober in
            prober.catalogChanged(delta, in: catalog, now: now)
            return prober.hasNews
        }
        if needsTurn { turns.call() }
    }

    package func renewLease(of instance: InstanceKey) -> Lease? {
        let now = now
        let lease = prober.withLock { $0.renewLease(of: instance, now: now) }
        if lease != nil { noteBeat(.lease(Prober.folded(instance))) }
        return lease
    }

    package func renewCheck(_ check: CheckKey) -> Bool {
        let now = now
        let isKnown = prober.withLock { $0.renewCheck(check, now: now) }
        if isKnown { noteBeat(.ttl(Prober.folded(check))) }
        return isKnown
    }

    package func renewSession(_ id: String) -> Bool {
        let now = now
        let isKnown = prober.withLock { $0.renewSession(id, now: now) }
        if isKnown { noteBeat(.session(Catalog.fold(id))) }
        return isKnown
    }

    private func noteBeat(_ key: LeaseSchedule.Key) {
        guard let sharing, let number = key.number else { return }
        sharing.noteBeat(number)
    }

    /// Asks for a turn soon.
    func callTurn() { turns.call() }

    // MARK: - The turns

    /// Runs until shutdown or cancellation; probes under way are then broken off.
    package func run() async throws {
        await cancelWhenGracefulShutdown { await self.work() }
    }

    private func work() async {
        let lanes = loops.map { loop in ProbeLane(loop: loop) { self.finish($0) } }
        turns.start { self.turn(lanes) }
        await withDiscardingTaskGroup { group in
            for await task in tasks {
                switch task {
                case .probe(let probe): group.addTask { await self.run(probe) }
                case .append(let tickets): group.addTask { await self.append(tickets) }
                }
            }
            group.cancelAll()
        }
        await turns.stop()
        for lane in lanes { await lane.stop() }
    }

    /// Does what is due; says how long nothing more is.
    private func turn(_ lanes: [ProbeLane]) -> TimeAmount {
        let now = now
        let (directives, wake, notices, questions) = prober.withLock { prober in
            let (directives, wake) = prober.tick(now: now)
            return (directives, wake, prober.takeNotices(), prober.takeQuestions())
        }
        if !questions.isEmpty { sharing?.ask(questions) }
        for notice in notices { Self.write(notice, to: logger) }
        var plain: [PlainProbe] = []
        for directive in directives {
            if case .probe(let probe) = directive, let probe = runner.plainProbe(probe) {
                plain.append(probe)
            } else {
                feed.yield(directive)
            }
        }
        for first in stride(from: 0, to: plain.count, by: Self.laneBatch) {
            let end = min(first + Self.laneBatch, plain.count)
            lanes[first / Self.laneBatch % lanes.count].begin(Array(plain[first..<end]))
        }
        return .nanoseconds((wake - self.now).nanoseconds)
    }

    private func run(_ probe: Prober.StartedProbe) async {
        finish([ProbeLane.End(start: probe, result: await runner.run(probe.definition))])
    }

    private func finish(_ ends: [ProbeLane.End]) {
        let now = now
        let needsTurn = prober.withLock { prober in
            for end in ends {
                if let result = end.result { prober.finish(end.start, result, now: now) }
            }
            return prober.hasNews
        }
        for end in ends where end.result == nil { feed.yield(.probe(end.start)) }
        if needsTurn { turns.call() }
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
        turns.call()
    }
}
