package import ServiceCatalog

// Leases, TTL checks, sessions and instances that are critical for too long.
extension Prober {
    /// Gives an instance's lease a new term; nil when it is unknown, has none, or it has run out.
    package mutating func renewLease(of instance: InstanceKey, now: ProbeInstant) -> Lease? {
        noticePause(now: now)
        return leases.renewLease(of: Self.folded(instance), now: now)
    }

    /// Gives a session's TTL a new term; false when it is unknown, has none, or it has run out.
    package mutating func renewSession(_ id: String, now: ProbeInstant) -> Bool {
        noticePause(now: now)
        return leases.renewSession(Catalog.fold(id), now: now)
    }

    /// Gives a TTL check a new term; false when it is unknown or no TTL check.
    package mutating func renewCheck(_ check: CheckKey, now: ProbeInstant) -> Bool {
        noticePause(now: now)
        let key = Self.folded(check)
        guard leases.renewTTL(of: key, now: now) else { return false }
        takeBackExpiry(of: key, now: now)
        return true
    }

    /// The owner reported between the expiry and its place in the catalog: the report wins.
    private mutating func takeBackExpiry(of key: CheckKey, now: ProbeInstant) {
        guard var record = records[key], writes.contains(.status(key)),
            record.output.hasPrefix(Self.expiryPrefix)
        else { return }
        let status = record.hysteresis.status
        let output = String(record.output.dropFirst(Self.expiryPrefix.count))
        if writes.isInFlight(.status(key)) {
            report(key, status, output, Evidence(cause: .report), now: now)
        } else {
            writes.cancel(.status(key))
            record.status = status
            record.output = output
            records[key] = record
        }
    }

    /// Acts on all that has run out.
    mutating func expire(now: ProbeInstant) {
        guard decides else { return }
        for (key, leaseID) in leases.takeExpired(now: now + (.zero - settings.leaseSlack)) {
            switch key {
            case .lease(let instance):
                metrics.leaseExpiries += 1
                notices.append(.leaseExpired(instance))
                writes.put(
                    .removal(instance),
                    .deregisterInstance(instance, onlyIf: .leaseIs(leaseID)),
                    now: now
                )
            case .ttl(let check):
                expireTTL(check, now: now)
            case .criticalTerm(let check):
                removeCritical(check, now: now)
            case .session(let id):
                notices.append(.sessionExpired(id))
                writes.put(
                    .sessionEnd(id),
                    .endSession(id: id, onlyIf: CatalogIndex(leaseID)),
                    now: now
                )
            }
        }
    }

    /// Consul's words, which its users look for.
    static let expiryPrefix = "TTL expired (last output before timeout follows): "

    private mutating func expireTTL(_ key: CheckKey, now: ProbeInstant) {
        guard let record = records[key] else { return }
        metrics.ttlExpiries += 1
        guard !record.output.hasPrefix(Self.expiryPrefix) else { return }
        // The hysteresis keeps what was true before, for a report that comes too late to be in time
        // and too early to be after.
        report(
            key,
            .critical,
            Self.expiryPrefix + record.output,
            Evidence(cause: .expiry),
            now: now
        )
    }

    private mutating func removeCritical(_ key: CheckKey, now: ProbeInstant) {
        guard let record = records[key], record.status == .critical else { return }
        let term = LeaseSchedule.Key.criticalTerm(key)
        guard evidence.massFailure == nil else {
            // Not while the prober does not trust itself.
            leases.set(term, length: settings.evidence.longWindow, now: now)
            return
        }
        metrics.criticalRemovals += 1
        notices.append(.criticalTooLong(record.instance, check: record.key.id))
        writes.put(
            .removal(Self.folded(record.instance)),
            .deregisterInstance(record.instance, onlyIf: .checkIsCritical(record.key.id)),
            now: now
        )
    }
}
