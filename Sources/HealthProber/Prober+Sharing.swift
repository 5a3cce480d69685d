package import ServiceCatalog

// A prober that shares the checks with those of other servers.
extension Prober {
    /// Looks after other checks from now on.
    ///
    /// `decides` says whether this server removes what has run out; one that begins to gives
    /// everything a fresh term first, for it may not have heard every heartbeat.
    package mutating func share(
        _ new: CheckResponsibility,
        decides: Bool,
        in catalog: borrowing Catalog,
        now: ProbeInstant
    ) {
        if decides, !self.decides { leases.restartAll(now: now) }
        self.decides = decides
        guard new != responsibility else { return }
        responsibility = new
        for key in Array(records.keys) {
            guard let record = records[key] else { continue }
            let isOwn = new.isOwn(key)
            switch record.definition.probe {
            case .ttl: continue
            case .alias:
                if isOwn { followTarget(key, in: catalog, now: now) }
            case .http, .tcp, .udp, .grpc, .http2Ping, .dns:
                if isOwn, record.scheduleID == nil {
                    let id = addToSchedule(key, record.definition, first: .atOnce, now: now)
                    records[key]?.scheduleID = id
                } else if !isOwn, let id = record.scheduleID {
                    removeFromSchedule(id)
                    records[key]?.scheduleID = nil
                    opinions.drop(key)
                    // Begins anew when it comes back.
                    records[key]?.hysteresis = Hysteresis(status: record.status, isNew: false)
                    evidence.forget(record.owner)
                }
            }
        }
    }

    /// Takes note of heartbeats that other servers heard.
    package mutating func heard(_ numbers: [UInt64], now: ProbeInstant) {
        noticePause(now: now)
        for number in numbers {
            switch leases.key(numbered: number) {
            case .lease(let instance)?: _ = leases.renewLease(of: instance, now: now)
            case .ttl(let check)?: _ = renewCheck(check, now: now)
            case .session(let id)?: _ = leases.renewSession(id, now: now)
            case .criticalTerm?, nil: continue
            }
        }
    }

    // MARK: - Second opinions

    /// For so long after a probe's own time an opinion is waited for.
    static let opinionPatience: Duration = .seconds(3)

    private func opinionDeadline(_ key: CheckKey, now: ProbeInstant) -> ProbeInstant {
        let timeout = records[key]?.definition.timeoutMilliseconds ?? 0
        return now + Self.opinionPatience + .milliseconds(timeout)
    }

    /// True when a verdict has to wait for another server's opinion, which is asked for then.
    mutating func asksOpinion(
        _ key: CheckKey,
        _ verdict: Hysteresis.Verdict,
        _ evidence: Evidence,
        of result: ProbeResult,
        now: ProbeInstant
    ) -> Bool {
        guard verdict.status == .critical, let record = records[key], record.status != .critical,
            result.evidence == .silence
        else {
            // It answers, if only with a refusal.
            opinions.drop(key)
            return false
        }
        // Asked already.
        if opinions.contains(key) { return true }
        var servers = responsibility.others(for: key)[...]
        guard let first = servers.popFirst() else { return false }
        opinions.open(
            key,
            SecondOpinions.Case(
                verdict: verdict,
                evidence: evidence,
                before: record.status,
                servers: servers,
                deadline: opinionDeadline(key, now: now)
            )
        )
        questions.append((record.key, first))
        return true
    }

    /// Takes an opinion; `isAlive` is nil when the other server abstains.
    package mutating func learned(_ check: CheckKey, isAlive: Bool?, now: ProbeInstant) {
        let key = Self.folded(check)
        let deadline = opinionDeadline(key, now: now)
        switch opinions.take(key, isAlive: isAlive, deadline: deadline) {
        case .dismissed(let open)?:
            metrics.verdictsHeld += 1
            records[key]?.hysteresis.adopt(open.before)
        case .confirmed(let open)?:
            report(key, open.verdict.status, open.verdict.output, open.evidence, now: now)
            if let record = records[key] {
                let before = Hysteresis(status: open.before, isNew: false)
                noteFall(key, from: before, to: record, now: now)
            }
        case .passedOn(let server)?: questions.append((check, server))
        case nil: break
        }
    }

    /// Asks somebody else where no opinion came in time.
    mutating func noticeOverdueOpinions(now: ProbeInstant) {
        for key in opinions.overdue(now: now) {
            guard let record = records[key] else {
                opinions.drop(key)
                continue
            }
            learned(record.key, isAlive: nil, now: now)
        }
    }

    /// Takes the questions that are to be asked: which check, and of which server.
    package mutating func takeQuestions() -> [(check: CheckKey, of: String)] {
        defer { questions.removeAll(keepingCapacity: true) }
        return questions
    }

    /// How another server's question is looked into; nil when this one has no opinion: the check is
    /// unknown, or this prober does not trust itself.
    package func definition(forOpinionOn check: CheckKey) -> CheckDefinition? {
        guard evidence.massFailure == nil else { return nil }
        return records[Self.folded(check)]?.definition
    }

    /// True when a probe that began then says nothing, for the process did not run meanwhile.
    package func isVoid(start: ProbeInstant) -> Bool { evidence.isVoid(start: start) }
}
