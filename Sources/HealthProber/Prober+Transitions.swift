package import ServiceCatalog

// Changes of health, told once each, whoever caused them: all of them pass the catalog.
extension Prober {
    /// A change of a check's health.
    package struct Transition: Hashable, Sendable {
        package var service: String
        package var node: String
        package var instance: String
        package var check: String
        /// As `CheckDefinition.typeName`; `maintenance`, or `reported` when others look after it.
        package var type: String
        /// Nil when maintenance begins.
        package var from: HealthStatus?
        /// Nil when maintenance ends.
        package var to: HealthStatus?
        package var cause: Cause
        /// How many results in a row said so, of how many that it takes, such as `3/3`.
        package var count: String?
        /// What the probe or the report said, without secrets and cut.
        package var output: String
        /// How long the probe took.
        package var latency: Duration?
        /// How long the status before was known to this process.
        package var duration: Duration?
    }

    /// Who says so.
    package enum Cause: String, Hashable, Sendable {
        case probe
        /// A TTL check that nobody reported.
        case expiry
        /// What the alias follows changed.
        case alias
        /// A request: a report, a heartbeat, a registration.
        case report
        case maintenance
    }

    /// What is known of a change that is on its way to the catalog.
    struct Evidence: Sendable {
        var cause: Cause
        var count: String?
        var latency: Duration?
    }

    /// Counts changes of a check's status, and has them logged, but not too many in one second.
    mutating func noteTransition(old: HealthCheck?, new: HealthCheck?, now: ProbeInstant) {
        guard old?.status != new?.status, let check = new ?? old else { return }
        let isMaintenance =
            check.id == HealthCheck.nodeMaintenanceID
            || check.id == HealthCheck.serviceMaintenanceID(check.serviceID)
        guard isMaintenance || old != nil && new != nil else { return }
        metrics.transitions += 1
        let key = Self.folded(check.key)
        let since = records[key]?.statusSince
        records[key]?.statusSince = now
        let isOurs = new?.output == records[key]?.output && new?.status == records[key]?.status
        let evidence = isOurs ? underWay.removeValue(forKey: key) : nil
        if now - transitionSecond >= .seconds(1) {
            noteOmitted(now: now)
            transitionSecond = now
            transitionLines = 0
        }
        guard transitionLines < settings.transitionLinesPerSecondMax else {
            transitionsOmitted += 1
            return
        }
        transitionLines += 1
        notices.append(
            .transition(
                Transition(
                    service: check.serviceName,
                    node: check.node,
                    instance: check.serviceID,
                    check: check.id,
                    type: isMaintenance
                        ? "maintenance" : check.definition?.typeName ?? "reported",
                    from: old?.status,
                    to: new?.status,
                    cause: isMaintenance ? .maintenance : evidence?.cause ?? .report,
                    count: evidence?.count,
                    output: LoggedOutput.text(
                        isMaintenance ? check.notes : check.output,
                        of: check.definition
                    ),
                    latency: evidence?.latency,
                    duration: since.map { now - $0 }
                )
            )
        )
    }

    /// Says how many lines were left out, once their second is over.
    mutating func noteOmitted(now: ProbeInstant) {
        guard transitionsOmitted > 0, now - transitionSecond >= .seconds(1) else { return }
        notices.append(.transitionsOmitted(transitionsOmitted))
        transitionsOmitted = 0
    }
}
