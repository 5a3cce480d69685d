package import ServiceCatalog

// Results of probes, and what is made of them.
extension Prober {
    /// Ends a probe; called exactly once for each `probe` directive.
    package mutating func finish(
        _ probe: StartedProbe,
        _ result: ProbeResult,
        now: ProbeInstant
    ) {
        noticePause(now: now)
        guard schedule.isCurrent(probe.id), let key = keysBySlot[Int(probe.id.slot)],
            var record = records[key]
        else {
            _ = schedule.finish(probe.id, next: .regular, now: now)
            metrics.probesDropped += 1
            return
        }
        metrics.probes[series(probe.definition, result.status), default: 0] += 1
        let confirmation = Hysteresis.confirmationDelay(of: probe.definition)
        let isVoid = evidence.isVoid(start: probe.startedAt)
        if result.isFailure, result.evidence == .ownFault || result.evidence == .silence && isVoid {
            // Says nothing about the target.
            metrics.verdictsHeld += 1
            let next =
                result.evidence == .ownFault ? .regular : ProbeSchedule.NextRun.soon(confirmation)
            _ = schedule.finish(probe.id, next: next, now: now)
            return
        }
        if record.hysteresis.status == .critical {
            // Known to be down: no news, so no sign of a mass failure. A success is none either.
            evidence.forget(record.owner)
        } else {
            evidence.note(owner: record.owner, isFailure: result.isFailure, now: now)
            noticeHold()
        }
        let before = record.hysteresis
        // Asked of all, so that what is over is forgotten.
        let demand = damping.demand(of: key, now: now)
        let verdict = record.hysteresis.observe(
            result,
            of: probe.definition,
            demand: demand,
            holdsWorse: result.isFailure
                && evidence.holdsWorse(isAnswer: result.evidence == .answer, now: now)
        )
        if record.hysteresis != before { records[key] = record }
        if verdict.isHeld {
            metrics.verdictsHeld += 1
        } else if shouldWrite(verdict, over: record, now: now) {
            let evidence = Evidence(
                cause: .probe,
                count: verdict.count,
                latency: now - probe.startedAt
            )
            if !asksOpinion(key, verdict, evidence, of: result, now: now) {
                report(key, verdict.status, verdict.output, evidence, now: now)
            }
        }
        if !opinions.contains(key) { noteFall(key, from: before, to: record, now: now) }
        _ = schedule.finish(
            probe.id,
            next: verdict.needsConfirmation ? .soon(confirmation) : .regular,
            now: now
        )
    }

    /// Counts a fall from what was believed; a check's first result is none, and a node's checks speak
    /// for many services.
    mutating func noteFall(
        _ key: CheckKey,
        from before: Hysteresis,
        to record: Record,
        now: ProbeInstant
    ) {
        guard record.hysteresis.status == .critical, before.status != .critical, !before.isNew,
            !record.serviceID.isEmpty
        else { return }
        let isHeld = damping.noteFall(
            of: key,
            instance: Self.folded(record.instance),
            service: record.serviceName,
            now: now
        )
        guard isHeld else { return }
        metrics.flapHolds += 1
        notices.append(
            .flapping(record.key, service: record.serviceName, instance: record.serviceID)
        )
    }

    /// Ends an append; called exactly once for each `append` directive.
    package mutating func written(
        _ ticket: WriteQueue.Ticket,
        error: CatalogLogError?,
        now: ProbeInstant
    ) {
        if writes.finish(ticket, error: error, now: now) { metrics.writeFailures += 1 }
        // In the catalog, or refused: what comes later stands on something else.
        if case .status(let key) = ticket.key, !writes.contains(ticket.key) { underWay[key] = nil }
    }

    /// A passing check costs no write.
    private mutating func shouldWrite(
        _ verdict: Hysteresis.Verdict,
        over record: Record,
        now: ProbeInstant
    ) -> Bool {
        if verdict.status != record.status { return true }
        guard verdict.output != record.output else { return false }
        guard let last = record.outputWrittenAt else { return takeProgressWrite(now: now) }
        if now - last >= settings.outputInterval { return true }
        // A count that moved, or that is over: people watch it.
        let isProgress =
            verdict.needsConfirmation || verdict.output.hasCount || record.output.hasCount
            || verdict.output.isHeldDown && !record.output.isHeldDown
        return isProgress && takeProgressWrite(now: now)
    }

    private mutating func takeProgressWrite(now: ProbeInstant) -> Bool {
        if now - progressSecond >= .seconds(1) {
            progressSecond = now
            progressWrites = 0
        }
        progressWrites += 1
        return progressWrites <= settings.progressWritesPerSecondMax
    }

    /// Queues the write of a check's health; when it is in the catalog, a change is logged.
    mutating func report(
        _ key: CheckKey,
        _ status: HealthStatus,
        _ output: String,
        _ evidence: Evidence,
        now: ProbeInstant
    ) {
        guard var record = records[key] else { return }
        if status != record.status { underWay[key] = evidence }
        record.status = status
        record.output = output
        record.outputWrittenAt = now
        records[key] = record
        writes.put(.status(key), .checkStatus(record.key, status, output: output), now: now)
    }

    private func series(
        _ definition: CheckDefinition,
        _ result: HealthStatus
    ) -> ProberMetrics.ProbeSeries {
        ProberMetrics.ProbeSeries(type: definition.typeName, result: result)
    }
}

extension String {
    fileprivate var isHeldDown: Bool { hasPrefix(Hysteresis.heldDown) }

    /// True for outputs such as `1/3 failures: refused`.
    fileprivate var hasCount: Bool {
        guard let first = utf8.first, (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        let head = prefix { $0 != ":" }
        return head.hasSuffix(" failures") || head.hasSuffix(" successes")
            || head.hasSuffix(Hysteresis.afterFlapping)
    }
}
