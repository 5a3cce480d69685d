internal import NIOCore
internal import NIOPosix
internal import ServiceCatalog

/// The plain probes of one event loop, from the connection to the result.
///
/// Why: a task, a timer and several hand-overs between threads for each probe cost more than its
/// connection. Here a probe stays on its loop, one timer looks after all, and what ends in one turn
/// of the loop is reported together.
final class ProbeLane: Sendable {
    /// The end of a probe.
    struct End: Sendable {
        let start: Prober.StartedProbe
        /// Nil when one connection was not enough to know.
        let result: ProbeResult?
    }

    let loop: any EventLoop
    private let flights: NIOLoopBoundBox<ProbeFlights>

    /// `report` is called on the loop.
    init(loop: any EventLoop, report: @escaping @Sendable ([End]) -> Void) {
        self.loop = loop
        self.flights = .makeBoxSendingValue(
            ProbeFlights(loop: loop, report: report),
            eventLoop: loop
        )
    }

    /// Begins these probes; each is reported once, unless the lane is stopped before.
    func begin(_ probes: [PlainProbe]) {
        if loop.inEventLoop {
            flights.value.begin(probes, in: flights)
        } else {
            loop.execute { [flights] in flights.value.begin(probes, in: flights) }
        }
    }

    /// Breaks all probes off, unreported.
    func stop() async {
        try? await loop.submit { [flights] in flights.value.stop() }.get()
    }
}

/// What a lane has under way; lives on its event loop.
private final class ProbeFlights {
    private struct Flight {
        let probe: PlainProbe
        /// Nil for a probe that only connects.
        let exchange: HTTPExchange?
        var channel: (any Channel)?
        /// On the lane's own clock.
        let deadline: Duration
    }

    private static let tick: TimeAmount = .milliseconds(20)

    private let loop: any EventLoop
    private let report: @Sendable ([ProbeLane.End]) -> Void
    private var flights: [Int: Flight] = [:]
    private var count = 0
    private var ends: [ProbeLane.End] = []
    private var ticker: RepeatedTask?
    private var isStopped = false
    /// Time as far as this loop had time: when it runs late, it does not run on.
    ///
    /// Why: an answer that waits in the kernel until a busy loop comes to it is in time.
    private var clock: Duration = .zero
    private var clockReadAt = NIODeadline.now()

    init(loop: any EventLoop, report: @escaping @Sendable ([ProbeLane.End]) -> Void) {
        self.loop = loop
        self.report = report
    }

    func begin(_ probes: [PlainProbe], in box: NIOLoopBoundBox<ProbeFlights>) {
        guard !isStopped else { return }
        if ticker == nil {
            clockReadAt = .now()
            ticker = loop.scheduleRepeatedTask(initialDelay: Self.tick, delay: Self.tick) { _ in
                box.value.endLate()
            }
        }
        // A whole tick more: the clock was read at the last one.
        let now = clock + .nanoseconds(Self.tick.nanoseconds)
        for probe in probes { begin(probe, at: now, in: box) }
    }

    private func begin(
        _ probe: PlainProbe,
        at now: Duration,
        in box: NIOLoopBoundBox<ProbeFlights>
    ) {
        count += 1
        let number = count
        var exchange: HTTPExchange?
        if case .request(let request, _, _) = probe.question {
            exchange = HTTPExchange(
                request,
                tailBytesMax: probe.start.definition.outputBytesMax
            ) { [self] result in end(number, result) }
        }
        flights[number] = Flight(
            probe: probe,
            exchange: exchange,
            deadline: now + probe.timeout
        )
        ClientBootstrap(group: loop)
            // The lane's clock ends it earlier.
            .connectTimeout(.hours(1))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try box.value.opened(number, channel) }
            }
            .connect(to: probe.address).assumeIsolated().whenComplete { [self] result in
                switch result {
                case .success where exchange == nil: end(number, passing: "success")
                case .success: break
                case .failure(let error): end(number, .failure(ProbeFailure(error)))
                }
            }
    }

    private func opened(_ number: Int, _ channel: any Channel) throws {
        flights[number]?.channel = channel
        if let exchange = flights[number]?.exchange {
            try channel.pipeline.syncOperations.addHandler(exchange)
        }
    }

    private func end(_ number: Int, _ result: Result<HTTPReply, ProbeFailure>) {
        guard let flight = flights[number] else { return }
        switch result {
        case .success(let reply): end(number, flight.probe.result(of: reply))
        case .failure(let failure): end(number, flight.probe.result(of: failure))
        }
    }

    private func end(_ number: Int, passing word: String) {
        guard case .connect(let target)? = flights[number]?.probe.question else { return }
        end(number, ProbeResult(.passing, "TCP connect \(target): \(word)"))
    }

    private func end(_ number: Int, _ result: ProbeResult?) {
        guard let flight = flights.removeValue(forKey: number) else { return }
        flight.channel?.close(promise: nil)
        ends.append(ProbeLane.End(start: flight.probe.start, result: result))
        guard ends.count == 1 else { return }
        // After the other events of this turn of the loop.
        loop.assumeIsolated().execute { [self] in
            let ends = ends
            self.ends.removeAll(keepingCapacity: true)
            if !isStopped { report(ends) }
        }
    }

    private func endLate() {
        let now = NIODeadline.now()
        clock += .nanoseconds(min((now - clockReadAt).nanoseconds, Self.tick.nanoseconds))
        clockReadAt = now
        for (number, flight) in flights where flight.deadline <= clock {
            let failure = ProbeFailure.timedOut(flight.probe.timeout)
            if let exchange = flight.exchange {
                exchange.giveUp(failure)
            } else {
                end(number, .failure(failure))
            }
        }
        if flights.isEmpty {
            ticker?.cancel()
            ticker = nil
        }
    }

    func stop() {
        isStopped = true
        ticker?.cancel()
        let broken = flights.values
        flights.removeAll()
        for flight in broken { flight.channel?.close(promise: nil) }
    }
}
