internal import Synchronization

/// Counts the HTTP connections that were closed at once.
package final class ConnectionTally: Sendable {
    private let strangersCount = Atomic<UInt64>(0)
    private let excessCount = Atomic<UInt64>(0)

    package init() {}

    /// Their address is not among the allowed ones.
    package var strangers: UInt64 { strangersCount.load(ordering: .relaxed) }
    /// They came when all places were taken.
    package var excess: UInt64 { excessCount.load(ordering: .relaxed) }

    func addStranger() { strangersCount.add(1, ordering: .relaxed) }
    func addExcess() { excessCount.add(1, ordering: .relaxed) }
}
