package import ServiceCatalog

/// The log as the server itself writes to it: what it removes without being asked is recorded.
package struct AuditedRemovals: CatalogLog {
    private let log: any CatalogLog
    private let trail: any AuditTrail
    private let now: @Sendable () -> Int

    /// - Parameter now: milliseconds since 1970.
    package init(
        _ log: any CatalogLog,
        trail: any AuditTrail,
        now: @escaping @Sendable () -> Int
    ) {
        self.log = log
        self.trail = trail
        self.now = now
    }

    package func append(_ change: CatalogChange, then settle: @escaping Settle) {
        log.append(change) { result in
            record(change, result)
            settle(result)
        }
    }

    package func append(
        contentsOf changes: [CatalogChange]
    ) async -> [Result<CatalogWrite, CatalogLogError>] {
        let results = await log.append(contentsOf: changes)
        for (change, result) in zip(changes, results) { record(change, result) }
        return results
    }

    private func record(_ change: CatalogChange, _ result: Result<CatalogWrite, CatalogLogError>) {
        guard case .success(let write) = result, let reason = Self.reason(for: change) else {
            return
        }
        var entry = AuditEntry(timeMilliseconds: now())
        entry.subjects = AuditEntry.subjects(of: change)
        entry.reason = reason
        entry.index = write.index
        trail.record(entry)
    }

    /// Nil for what is no removal.
    private static func reason(for change: CatalogChange) -> String? {
        switch change {
        case .deregisterInstance(_, .leaseIs): "the lease ran out"
        case .deregisterInstance(_, .checkIsCritical(let check)):
            "the check \"\(check)\" was critical for too long"
        case .deregisterInstance: "it had been drained"
        case .deregisterNode, .deregisterCheck: "it was left over"
        case .endSession: "the session ran out"
        default: nil
        }
    }
}
