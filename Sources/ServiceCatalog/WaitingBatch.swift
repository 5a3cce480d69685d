internal import Synchronization

/// One who waits for many changes, which are settled in their order.
package final class WaitingBatch: Sendable {
    /// What came of one change.
    package typealias Outcome = Result<CatalogWrite, CatalogLogError>

    private let count: Int
    private let continuation: CheckedContinuation<[Outcome], Never>
    private let outcomes: Mutex<[Outcome]> = Mutex([])

    package init(count: Int, _ continuation: CheckedContinuation<[Outcome], Never>) {
        self.count = count
        self.continuation = continuation
        outcomes.withLock { $0.reserveCapacity(count) }
    }

    /// Settles the next change; with the last one the wait is over.
    package func settle(_ outcome: Outcome) {
        let all: [Outcome]? = outcomes.withLock { outcomes in
            outcomes.append(outcome)
            return outcomes.count == count ? outcomes : nil
        }
        if let all { continuation.resume(returning: all) }
    }
}
