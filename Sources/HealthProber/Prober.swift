package import ServiceCatalog

/// The thinking part of health: told of catalog changes, time and results, it says what to do.
///
/// A value without clock or I/O; `ProberService` does what it says. All checks with a definition
/// are its own, on whatever node they are filed.
package struct Prober: Sendable {
    /// What is to be done.
    package enum Directive: Sendable {
        /// Run this probe and report its end to `finish`.
        case probe(StartedProbe)
        /// Hand these changes to the log together and report the outcome of each to `written`.
        case append([WriteQueue.Ticket])
    }

    /// A probe that begins now.
    package struct StartedProbe: Sendable {
        package let id: ProbeSchedule.ID
        package let definition: CheckDefinition
        package let startedAt: ProbeInstant
    }

    /// Something to be logged.
    package enum Notice: Hashable, Sendable {
        /// A check changed, on this evidence.
        case transition(Transition)
        /// So many changes of the last second have no line of their own.
        case transitionsOmitted(Int)
        /// A check fell so often that it is held down while others of its service are up.
        case flapping(CheckKey, service: String, instance: String)
        case holding(EvidenceGuard.MassFailure)
        case resumed
        /// The process did not run for so long.
        case paused(Duration)
        case leaseExpired(InstanceKey)
        /// The session's id.
        case sessionExpired(String)
        case criticalTooLong(InstanceKey, check: String)
    }

    /// What is known of one check with a definition.
    struct Record: Sendable {
        /// As registered.
        var key: CheckKey
        var serviceID: String
        var serviceName: String
        var definition: CheckDefinition
        /// Nil for TTL and alias checks.
        var scheduleID: ProbeSchedule.ID?
        var hysteresis: Hysteresis
        /// What the catalog says, or will say once the queued write is done.
        var status: HealthStatus
        var output: String
        var outputWrittenAt: ProbeInstant?
        /// When the check got its status, as far as this process knows.
        var statusSince: ProbeInstant
        /// Stands for the instance, or for the node.
        var owner: Int

        var instance: InstanceKey { InstanceKey(node: key.node, id: serviceID) }
    }

    /// The loop comes back after at most this, so that pauses are found.
    static let heartbeat: Duration = .milliseconds(250)
    /// And after at least this: what is due meanwhile begins together, which costs less.
    static let wakeDelayMin: Duration = .milliseconds(5)
    /// No more probes than this begin in one turn, so that others on the loop are not kept waiting.
    static let startsPerTurnMax = 256

    let settings: ProberSettings
    var schedule: ProbeSchedule
    var leases: LeaseSchedule
    var aliases = AliasIndex()
    var writes = WriteQueue()
    var evidence: EvidenceGuard
    var records = CheckRecords()
    /// The check of each slot of the schedule; nil for a free one.
    var keysBySlot: [CheckKey?] = []
    var damping: FlapDamping
    /// What changes of status stand on that are on their way to the catalog.
    var underWay: [CheckKey: Evidence] = [:]
    /// The second whose log lines about changes of health are counted.
    var transitionSecond = ProbeInstant.zero
    var transitionLines = 0
    var transitionsOmitted = 0
    var notices: [Notice] = []
    var metrics = ProberMetrics()
    var wasHolding = false
    var progressSecond = ProbeInstant.zero
    var progressWrites = 0
    /// When the loop said that it would be back.
    var plannedWake = ProbeInstant.zero
    /// The checks that this prober looks after.
    var responsibility = CheckResponsibility.all
    /// True when this prober removes what has run out.
    var decides = true
    /// Verdicts that wait for another server, and what is to be asked.
    var opinions = SecondOpinions()
    var questions: [(check: CheckKey, of: String)] = []

    package init(settings: ProberSettings, random: ProbeRandom = ProbeRandom()) {
        self.settings = settings
        self.leases = LeaseSchedule(isShared: settings.isShared)
        self.schedule = ProbeSchedule(inFlightMax: settings.probesInFlightMax, random: random)
        self.evidence = EvidenceGuard(settings: settings.evidence)
        self.damping = FlapDamping(settings: settings.damping)
    }

    /// Does what is due: expiries first, then writes and probes to be started.
    ///
    /// - Returns: what to do now, and when to come back at the latest.
    package mutating func tick(now: ProbeInstant) -> (directives: [Directive], wake: ProbeInstant) {
        noticePause(now: now)
        evidence.turnWindows(now: now)
        noticeHold()
        noteOmitted(now: now)
        noticeOverdueOpinions(now: now)
        expire(now: now)
        let tickets = writes.takeReady(now: now)
        var directives = tickets.isEmpty ? [] : [Directive.append(tickets)]
        for start in schedule.takeDue(now: now, countMax: Self.startsPerTurnMax) {
            metrics.noteLateness(start.lateness)
            guard let key = keysBySlot[Int(start.id.slot)],
                let definition = records[key]?.definition
            else {
                preconditionFailure("slot \(start.id.slot) is scheduled and has no check")
            }
            directives.append(
                .probe(
                    StartedProbe(
                        id: start.id,
                        definition: definition,
                        startedAt: now
                    )
                )
            )
        }
        let next = [
            schedule.nextDue, decides ? leases.nextDeadline.map { $0 + settings.leaseSlack } : nil,
            writes.nextDue, opinions.nextDeadline,
        ].compactMap { $0 }.min()
        let wake = max(
            min(next ?? now + Self.heartbeat, now + Self.heartbeat),
            now + Self.wakeDelayMin
        )
        evidence.expectWake(by: wake)
        plannedWake = wake
        return (directives, wake)
    }

    /// True when the loop has something to do before it planned to come back.
    package var hasNews: Bool {
        if !notices.isEmpty || !questions.isEmpty { return true }
        let next = [schedule.nextDue, writes.nextDue].compactMap { $0 }.min()
        return next.map { $0 < plannedWake } ?? false
    }

    /// Takes what is to be logged.
    package mutating func takeNotices() -> [Notice] {
        defer { notices.removeAll(keepingCapacity: true) }
        return notices
    }

    /// The counters, and how things stand.
    package var snapshot: ProberMetrics {
        var metrics = metrics
        metrics.checksScheduled = schedule.count
        metrics.probesInFlight = schedule.inFlight
        metrics.leases = leases.leaseCount
        metrics.writesWaiting = writes.count
        metrics.isHolding = evidence.massFailure != nil
        metrics.checksFlapping = damping.heldCount
        return metrics
    }

    mutating func noticePause(now: ProbeInstant) {
        guard let pause = evidence.noticePause(now: now) else { return }
        leases.extendAll(by: pause)
        metrics.pauses += 1
        metrics.pausedSecondsSum += pause.seconds
        notices.append(.paused(pause))
    }

    mutating func noticeHold() {
        let failure = evidence.massFailure
        guard (failure != nil) != wasHolding else { return }
        wasHolding = failure != nil
        notices.append(failure.map { .holding($0) } ?? .resumed)
    }

    static func folded(_ key: CheckKey) -> CheckKey {
        CheckKey(node: Catalog.fold(key.node), id: key.id)
    }

    static func folded(_ key: InstanceKey) -> InstanceKey {
        InstanceKey(node: Catalog.fold(key.node), id: key.id)
    }
}
