package import Logging
internal import NIOCore
internal import NIOPosix
package import ServiceCatalog
internal import ServiceLifecycle
internal import Synchronization

/// Runs health: one loop for all checks, leases and writes, a task for each probe under way.
///
/// The thinking is `Prober`'s; this shell has the clock, starts probes, appends to the log and
/// writes log lines.
package final class ProberService: Service, CatalogListener, HeartbeatReceiver {
    private let log: any CatalogLog
    private let runner: ProbeRunner
    private let logger: Logger
    private let origin = ContinuousClock.now
    private let prober: Mutex<Prober>
    private let wakeUps: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

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
        await withDiscardingTaskGroup { group in
            var wakes = wakeUps.makeAsyncIterator()
            while !Task.isCancelled {
                let now = now
                let (directives, wake, notices) = prober.withLock { prober in
                    let (directives, wake) = prober.tick(now: now)
                    return (directives, wake, prober.takeNotices())
                }
                for notice in notices { Self.write(notice, to: logger) }
                for directive in directives {
                    switch directive {
                    case .probe(let probe): group.addTask { await self.run(probe) }
                    case .append(let ticket): group.addTask { await self.append(ticket) }
                    }
                }
                let timer = timers.scheduleTask(
                    in: .nanoseconds(max((wake - self.now).nanoseconds, 0))
                ) { [waker] in _ = waker.yield() }
                let isOver = await wakes.next(isolation: #isolation) == nil
                timer.cancel()
                if isOver { break }
            }
            group.cancelAll()
        }
    }

    private func run(_ probe: Prober.StartedProbe) async {
        let result = await runner.run(probe.definition)
        let now = now
        let needsLoop = prober.withLock { prober in
            prober.finish(probe, result, now: now)
            return prober.hasNews
        }
        if needsLoop { waker.yield() }
    }

    private func append(_ ticket: WriteQueue.Ticket) async {
        var failure: CatalogLogError?
        do throws(CatalogLogError) {
            try await log.append(ticket.change)
        } catch {
            failure = error
        }
        let now = now
        prober.withLock { $0.written(ticket, error: failure, now: now) }
        if case .unavailable? = failure {
            logger.warning(
                "health change not stored, trying again",
                metadata: ["error": "\(failure.map(String.init(describing:)) ?? "")"]
            )
        }
        waker.yield()
    }
}
