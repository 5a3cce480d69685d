/// The only way anything enters the catalog: puts changes in order and makes them durable.
package protocol CatalogLog: Sendable {
    /// Appends `change` and calls `settle` once, on whatever thread, as soon as it is durable, applied
    /// by this process and published to its answers, or refused.
    ///
    /// Why: who serves many connections on one thread needs no task for each change. `settle` must
    /// be short.
    func append(_ change: CatalogChange, then settle: @escaping Settle)

    /// Appends many changes in their order and returns once all of them are settled as `append`
    /// does: each by itself is made or refused, and a refusal stops none of the others.
    ///
    /// Why: those who bring many wait once instead of once a change. Nothing of others comes
    /// between two changes of one commit; what is more than a commit holds is spread over several.
    /// - Returns: what came of each change, in their order.
    func append(
        contentsOf changes: [CatalogChange]
    ) async -> [Result<CatalogWrite, CatalogLogError>]
}

extension CatalogLog {
    /// Told what came of a change.
    package typealias Settle = @Sendable (Result<CatalogWrite, CatalogLogError>) -> Void

    /// Returns once `change` is durable, applied by this process and published to its answers.
    ///
    /// - Returns: the catalog's index after the change, and what a transaction read and wrote.
    /// - Throws: `CatalogLogError`.
    @discardableResult
    package func append(
        _ change: CatalogChange
    ) async throws(CatalogLogError) -> CatalogWrite {
        let result = await withCheckedContinuation { continuation in
            append(change) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// One after another, for logs without a cheaper way.
    package func append(
        contentsOf changes: [CatalogChange]
    ) async -> [Result<CatalogWrite, CatalogLogError>] {
        var results: [Result<CatalogWrite, CatalogLogError>] = []
        results.reserveCapacity(changes.count)
        for change in changes {
            do throws(CatalogLogError) {
                results.append(.success(try await append(change)))
            } catch {
                results.append(.failure(error))
            }
        }
        return results
    }
}

/// A log that the program runs and stops.
package protocol OperatedLog: CatalogLog {
    /// Stores and applies until `stop()`; then finishes what waits.
    func run() async
    /// Refuses further changes and lets `run()` end.
    func stop()
    /// What the log did, for `/metrics`.
    var metrics: LogMetrics { get }
    /// True while so many changes wait that more are refused.
    var isFull: Bool { get }
}

/// Why a change was not made.
package enum CatalogLogError: Error, Hashable, Sendable {
    /// The catalog refused it; nothing changed.
    case rejected(CatalogRejection)
    /// It could not be made durable; nothing changed. `reason` is for people.
    case unavailable(reason: String)
    /// Too many changes wait already.
    case overloaded
    /// The process is stopping.
    case stopping
    /// The cluster's store cannot be reached, and changes wait for nothing. `reason` is for people.
    case cutOff(reason: String)
}

extension CatalogLogError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .rejected(let rejection): rejection.description
        case .unavailable(let reason): "the change could not be stored: \(reason)"
        case .overloaded: "too many changes are waiting to be stored; try again later"
        case .stopping: "the server is stopping"
        case .cutOff(let reason): reason
        }
    }
}

/// Hears that owners are alive: heartbeats renew leases and TTL checks without a write.
package protocol HeartbeatReceiver: Sendable {
    /// Gives the instance's lease a new term.
    ///
    /// - Returns: the lease; nil when the instance is unknown or has none.
    func renewLease(of instance: InstanceKey) -> Lease?
    /// Gives a TTL check a new term; false when it is unknown or no TTL check.
    func renewCheck(_ check: CheckKey) -> Bool
    /// Gives a session's TTL a new term; false when it is unknown, has none, or it has run out.
    func renewSession(_ id: String) -> Bool
    /// Why no heartbeat counts now; nil when they do.
    ///
    /// Asked before each: a heartbeat that nobody else would hear of must not look as if it counted.
    var refusal: CatalogLogError? { get }
}

extension HeartbeatReceiver {
    package var refusal: CatalogLogError? { nil }
}
