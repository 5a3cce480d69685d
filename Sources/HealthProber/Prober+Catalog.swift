package import ServiceCatalog

// What the catalog tells the prober. All of it runs under the catalog's lock.
extension Prober {
    /// Takes over the catalog as it is at the start: each lease and TTL gets one fresh term, first
    /// probes are spread over an interval, and what the catalog says holds until thresholds are
    /// reached.
    package mutating func load(_ catalog: borrowing Catalog, now: ProbeInstant) {
        catalog.forEachInstance { setLease($0, now: now) }
        for session in catalog.sessions { setSession(session, now: now) }
        for check in catalog.checks {
            add(check, isNew: false, first: .withinInterval, now: now)
        }
        for key in records.keys { followTarget(key, in: catalog, now: now) }
    }

    /// Follows a change of the catalog.
    package mutating func catalogChanged(
        _ delta: CatalogDelta,
        in catalog: borrowing Catalog,
        now: ProbeInstant
    ) {
        var newAliases: Set<CheckKey> = []
        for event in delta.events {
            switch event {
            case .node: continue
            case .instance(_, let new?): setLease(new, now: now)
            case .instance(let old?, nil): removeInstance(old)
            case .check(let old, let new?):
                noteTransition(old: old, new: new, now: now)
                if follow(old: old, new: new, now: now) { newAliases.insert(Self.folded(new.key)) }
            case .check(let old?, nil):
                noteTransition(old: old, new: nil, now: now)
                removeCheck(Self.folded(old.key))
            case .instance(nil, nil), .check(nil, nil): continue
            case .session(_, let new?): setSession(new, now: now)
            case .session(let old?, nil): removeSession(old)
            case .session(nil, nil), .keyValue, .preparedQuery, .accessPolicy, .accessToken:
                continue
            }
        }
        for key in aliases.affected(by: delta).union(newAliases) {
            followTarget(key, in: catalog, now: now)
        }
        for key in damping.catalogChanged(delta, in: catalog) {
            // It was held down while others were up: what it says now is wanted at once.
            if records[key]?.hysteresis.status == .critical { probeAtOnce(key, now: now) }
        }
    }

    private mutating func probeAtOnce(_ key: CheckKey, now: ProbeInstant) {
        guard let record = records[key], let id = record.scheduleID else { return }
        removeFromSchedule(id)
        let new = addToSchedule(key, record.definition, first: .atOnce, now: now)
        records[key]?.scheduleID = new
    }

    /// - Returns: true when an alias check is new or has another target.
    private mutating func follow(old: HealthCheck?, new: HealthCheck, now: ProbeInstant) -> Bool {
        let key = Self.folded(new.key)
        guard let definition = new.definition else {
            removeCheck(key)
            return false
        }
        if records[key]?.definition == definition, records[key]?.serviceID == new.serviceID {
            observe(new, key: key, now: now)
            return false
        }
        let wasKnown = records[key] != nil
        removeCheck(key)
        add(new, isNew: !wasKnown, first: .atOnce, now: now)
        if case .alias = definition.probe { return true }
        return false
    }

    private mutating func add(
        _ check: HealthCheck,
        isNew: Bool,
        first: ProbeSchedule.FirstRun,
        now: ProbeInstant
    ) {
        guard let definition = check.definition else { return }
        let key = Self.folded(check.key)
        var record = Record(
            key: check.key,
            serviceID: check.serviceID,
            serviceName: check.serviceName,
            definition: definition,
            hysteresis: Hysteresis(status: check.status, isNew: isNew),
            status: check.status,
            output: check.output,
            statusSince: now,
            owner: Self.folded(InstanceKey(node: check.node, id: check.serviceID)).hashValue
        )
        switch definition.probe {
        case .ttl(let milliseconds):
            leases.set(.ttl(key), length: .milliseconds(milliseconds), now: now)
        case .alias:
            if let target = AliasIndex.target(of: definition, onNode: check.node) {
                aliases.add(key, target: target)
            }
        case .http, .tcp, .udp, .grpc, .http2Ping, .dns:
            if responsibility.isOwn(key) {
                record.scheduleID = addToSchedule(key, definition, first: first, now: now)
            }
        }
        records[key] = record
        setCriticalTerm(key, status: check.status, now: now)
    }

    /// Follows a status or output that was written, by this prober or by somebody else.
    private mutating func observe(_ check: HealthCheck, key: CheckKey, now: ProbeInstant) {
        guard var record = records[key] else { return }
        record.key = check.key
        record.serviceName = check.serviceName
        if case .ttl = record.definition.probe, check.status != .critical {
            _ = leases.renewTTL(of: key, now: now)
        }
        if !writes.contains(.status(key)) {
            if check.status != record.status, let id = record.scheduleID {
                // Somebody else's word on a check that is probed: see for ourselves, at once.
                removeFromSchedule(id)
                record.scheduleID = addToSchedule(key, record.definition, first: .atOnce, now: now)
            }
            record.status = check.status
            record.output = check.output
            record.hysteresis.adopt(check.status)
        }
        records[key] = record
        setCriticalTerm(key, status: check.status, now: now)
    }

    mutating func addToSchedule(
        _ key: CheckKey,
        _ definition: CheckDefinition,
        first: ProbeSchedule.FirstRun,
        now: ProbeInstant
    ) -> ProbeSchedule.ID {
        let id = schedule.add(
            intervalMilliseconds: definition.intervalMilliseconds,
            first: first,
            now: now
        )
        // A new slot is the next.
        if Int(id.slot) == keysBySlot.count { keysBySlot.append(key) }
        keysBySlot[Int(id.slot)] = key
        return id
    }

    mutating func removeFromSchedule(_ id: ProbeSchedule.ID) {
        schedule.remove(id)
        keysBySlot[Int(id.slot)] = nil
    }

    private mutating func removeCheck(_ key: CheckKey) {
        guard let record = records.removeValue(forKey: key) else { return }
        if let id = record.scheduleID { removeFromSchedule(id) }
        aliases.remove(key)
        leases.remove(.ttl(key))
        leases.remove(.criticalTerm(key))
        writes.cancel(.status(key))
        opinions.drop(key)
        damping.remove(key)
        underWay[key] = nil
        evidence.forget(record.owner)
    }

    private mutating func setLease(_ instance: ServiceInstance, now: ProbeInstant) {
        let key = Self.folded(instance.key)
        guard let lease = instance.lease else {
            leases.remove(.lease(key))
            return
        }
        // What was decided about an older registration no longer counts.
        writes.cancel(.removal(key))
        leases.set(
            .lease(key),
            length: .milliseconds(lease.ttlMilliseconds),
            leaseID: lease.id,
            now: now
        )
    }

    private mutating func removeInstance(_ instance: ServiceInstance) {
        let key = Self.folded(instance.key)
        leases.remove(.lease(key))
        writes.cancel(.removal(key))
    }

    private mutating func setSession(_ session: Session, now: ProbeInstant) {
        let id = Catalog.fold(session.id)
        guard let milliseconds = session.ttlMilliseconds else {
            leases.remove(.session(id))
            return
        }
        leases.set(
            .session(id),
            // Consul grants the double of what was asked for, and clients ask for half.
            length: .milliseconds(2 * milliseconds),
            leaseID: String(session.createIndex),
            now: now
        )
    }

    private mutating func removeSession(_ session: Session) {
        let id = Catalog.fold(session.id)
        leases.remove(.session(id))
        writes.cancel(.sessionEnd(id))
    }

    /// Brings an alias check up to date with what it follows.
    mutating func followTarget(
        _ key: CheckKey,
        in catalog: borrowing Catalog,
        now: ProbeInstant
    ) {
        guard let record = records[key], responsibility.isOwn(key),
            let target = AliasIndex.target(of: record.definition, onNode: record.key.node)
        else { return }
        let result = AliasIndex.result(of: target, for: key, in: catalog)
        guard result.status != record.status || result.output != record.output else { return }
        report(key, result.status, result.output, Evidence(cause: .alias), now: now)
    }

    /// Starts or ends the time after which a critical instance is removed.
    ///
    /// After a restart it starts anew, as every lease does: while nobody probed, nobody could see the
    /// instance recover.
    private mutating func setCriticalTerm(
        _ key: CheckKey,
        status: HealthStatus,
        now: ProbeInstant
    ) {
        guard let record = records[key], !record.serviceID.isEmpty,
            let milliseconds = record.definition.deregisterCriticalAfterMilliseconds
        else { return }
        let term = LeaseSchedule.Key.criticalTerm(key)
        if status != .critical {
            leases.remove(term)
        } else if !leases.contains(term) {
            leases.set(term, length: .milliseconds(milliseconds), now: now)
        }
    }
}
