internal import ServiceCatalog

@testable internal import HealthProber

/// A catalog, a prober and targets on a clock that only moves when it is told to.
struct SimulatedWorld {
    var catalog = Catalog(datacenter: "dc1")
    var prober: Prober
    var now = ProbeInstant.zero
    /// What probes of an instance find; those not listed are fine.
    var down: [String: ProbeResult] = [:]
    var failOnce: [String: ProbeResult] = [:]
    var everythingIsSilent = false
    var logFails = false
    /// Changes stay in `held` until `releaseLog`.
    var logIsSlow = false
    var held: [WriteQueue.Ticket] = []
    var appended: [CatalogChange] = []
    var notices: [Prober.Notice] = []
    private var underWay: [(probe: Prober.StartedProbe, result: ProbeResult)] = []
    private var nextIndex: CatalogIndex = 2

    init(seed: UInt64 = 1, settings: ProberSettings = ProberSettings()) {
        prober = Prober(settings: settings, random: ProbeRandom(seed: seed))
        apply(
            .register(Registration(node: Node(name: "n", address: "10.0.0.1", datacenter: "dc1")))
        )
    }

    var seconds: Double { (now - .zero).seconds }

    /// Ids of all critical checks, in order.
    var critical: [String] { catalog.checks.filter { $0.status == .critical }.map(\.id) }

    var transitions: [Prober.Transition] {
        notices.compactMap { if case .transition(let change) = $0 { change } else { nil } }
    }

    func check(_ id: String) -> HealthCheck? { catalog.check(CheckKey(node: "n", id: id)) }

    // MARK: - Time

    /// Lets time pass in small steps; probes answer within one.
    mutating func run(until seconds: Double, step: Double = 0.05) {
        while self.seconds < seconds {
            advance(step)
            tick()
            finishProbes()
            tick()
        }
    }

    /// Lets time pass, and leaves the probes under way.
    mutating func startProbes(until seconds: Double) {
        while self.seconds < seconds {
            advance(0.01)
            tick()
        }
    }

    mutating func finishProbes() {
        let ended = underWay
        underWay = []
        for (probe, result) in ended { prober.finish(probe, result, now: now) }
    }

    /// The process does not run; then all that was under way ends at once.
    mutating func stop(for seconds: Double) {
        advance(seconds)
        finishProbes()
    }

    mutating func restart() {
        prober = Prober(settings: ProberSettings(), random: ProbeRandom(seed: 9))
        underWay = []
        held = []
        prober.load(catalog, now: now)
    }

    private mutating func advance(_ seconds: Double) { now = now + .seconds(seconds) }

    private mutating func tick() {
        let (directives, _) = prober.tick(now: now)
        for directive in directives {
            switch directive {
            case .probe(let probe): underWay.append((probe, result(of: probe)))
            case .append(let tickets):
                if logIsSlow { held += tickets } else { tickets.forEach { append($0) } }
            }
        }
        notices += prober.takeNotices()
    }

    private mutating func result(of probe: Prober.StartedProbe) -> ProbeResult {
        guard case .tcp(let id, _, _) = probe.definition.probe else {
            return ProbeResult(.passing, "fine")
        }
        if everythingIsSilent {
            return ProbeResult(.critical, "no answer within 1 s", evidence: .silence)
        }
        return failOnce.removeValue(forKey: id) ?? down[id] ?? ProbeResult(.passing, "fine")
    }

    // MARK: - The log

    mutating func releaseLog() {
        logIsSlow = false
        let tickets = held
        held = []
        for ticket in tickets { append(ticket) }
    }

    private mutating func append(_ ticket: WriteQueue.Ticket) {
        if logFails {
            prober.written(ticket, error: .unavailable(reason: "disk full"), now: now)
            return
        }
        appended.append(ticket.change)
        var failure: CatalogLogError?
        do throws(CatalogRejection) {
            let delta = try catalog.apply(ticket.change, at: nextIndex)
            nextIndex += 1
            if !delta.isEmpty { prober.catalogChanged(delta, in: catalog, now: now) }
        } catch {
            failure = .rejected(error)
        }
        prober.written(ticket, error: failure, now: now)
    }

    mutating func apply(_ change: CatalogChange) {
        guard let delta = try? catalog.apply(change, at: nextIndex) else { return }
        nextIndex += 1
        if !delta.isEmpty { prober.catalogChanged(delta, in: catalog, now: now) }
    }

    // MARK: - What registers

    mutating func register(
        _ id: String,
        _ definition: CheckDefinition,
        status: HealthStatus,
        output: String = ""
    ) {
        let check = HealthCheck(
            node: "n",
            id: id,
            name: id,
            status: status,
            output: output,
            serviceID: id,
            definition: definition
        )
        apply(
            .register(
                Registration(
                    instance: ServiceInstance(node: "n", id: id, service: "web", port: 80),
                    checks: [RegisteredCheck(check, keepsStatus: true)]
                )
            )
        )
    }

    mutating func registerWeb(
        _ number: Int,
        failuresBeforeCritical: Int = 3,
        deregisterCriticalAfterSeconds: Int? = nil,
        interval: Int = 10_000,
        status: HealthStatus = .passing
    ) {
        register(
            "web-\(number)",
            CheckDefinition(
                probe: .tcp(host: "web-\(number)", port: 80, tls: nil),
                intervalMilliseconds: interval,
                failuresBeforeWarning: failuresBeforeCritical,
                failuresBeforeCritical: failuresBeforeCritical,
                deregisterCriticalAfterMilliseconds: deregisterCriticalAfterSeconds.map {
                    $0 * 1_000
                }
            ),
            status: status
        )
    }

    mutating func registerMany(_ count: Int) {
        for number in 0..<count {
            let definition = CheckDefinition(probe: .tcp(host: "w\(number)", port: 80, tls: nil))
            let check = HealthCheck(
                node: "n\(number)",
                id: "c",
                name: "c",
                status: .passing,
                definition: definition
            )
            let node = Node(name: "n\(number)", address: "10.0.0.1", datacenter: "dc1")
            _ = try? catalog.apply(
                .register(
                    Registration(node: node, checks: [RegisteredCheck(check, keepsStatus: true)])
                ),
                at: nextIndex
            )
            nextIndex += 1
        }
        restart()
    }

    mutating func registerLease(_ id: String, seconds: Int) {
        let lease = Lease(id: "lease-of-\(id)", ttlMilliseconds: seconds * 1_000)
        let instance = ServiceInstance(
            node: "n",
            id: id,
            service: "leased",
            port: 80,
            lease: lease
        )
        apply(.register(Registration(instance: instance)))
    }

    mutating func registerTTL(_ id: String, seconds: Int) {
        register(
            id,
            CheckDefinition(probe: .ttl(milliseconds: seconds * 1_000)),
            status: .passing,
            output: "all is well"
        )
    }

    mutating func renewLease(_ id: String) -> Lease? {
        prober.renewLease(of: InstanceKey(node: "N", id: id), now: now)
    }

    mutating func renewCheck(_ id: String) -> Bool {
        prober.renewCheck(CheckKey(node: "N", id: id), now: now)
    }
}
