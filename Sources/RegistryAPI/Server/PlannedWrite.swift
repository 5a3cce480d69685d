internal import ServiceCatalog

/// What a request that writes comes to: the changes that it asks for, and its answer once they are
/// made.
///
/// Why not an async handler: such requests come by the thousand a second, and one that is planned
/// without waiting can be answered on its connection's event loop, without a task of its own.
struct PlannedWrite: Sendable {
    /// Made in their order; the first that is not made ends it.
    var changes: [CatalogChange] = []
    /// Words what the log says of a change that was not made.
    var failure: @Sendable (CatalogLogError) -> any Error = { $0 }
    /// The answer, asked for once all changes are made.
    var reply: @Sendable () throws -> WholeReply

    /// Makes the changes and returns the answer.
    func carryOut(in log: any CatalogLog) async throws -> WholeReply {
        for change in changes {
            do throws(CatalogLogError) {
                try await log.append(change)
            } catch {
                throw failure(error)
            }
        }
        return try reply()
    }

    /// Makes the changes, then calls `settle` once: on the log's thread, or at once where there is
    /// nothing to change.
    func carryOut(
        in log: any CatalogLog,
        then settle: @escaping @Sendable (Result<PlannedWrite, any Error>) -> Void
    ) {
        guard let change = changes.first else { return settle(.success(self)) }
        log.append(change) { result in
            switch result {
            case .success:
                var rest = self
                rest.changes.removeFirst()
                rest.carryOut(in: log, then: settle)
            case .failure(let error): settle(.failure(failure(error)))
            }
        }
    }
}
