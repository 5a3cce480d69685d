internal import ServiceCatalog

/// The log as requests write to it, while a record is kept.
struct AuditedLog: CatalogLog {
    let log: any CatalogLog
    /// Nil: the request of the task that writes.
    var request: AuditedRequest?

    func append(_ change: CatalogChange, then settle: @escaping Settle) {
        guard let request = request ?? AuditedRequest.current else {
            return log.append(change, then: settle)
        }
        log.append(change) { result in
            request.note(change, result)
            settle(result)
        }
    }

    func append(
        contentsOf changes: [CatalogChange]
    ) async -> [Result<CatalogWrite, CatalogLogError>] {
        let results = await log.append(contentsOf: changes)
        if let request = request ?? AuditedRequest.current {
            for (change, result) in zip(changes, results) { request.note(change, result) }
        }
        return results
    }
}
