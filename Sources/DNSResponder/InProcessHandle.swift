/// What other threads may do with an `InProcessServer` at any time: read what it has counted, and
/// change whom it answers.
package final class InProcessHandle: Sendable {
    let counters = WorkerCounters()
    private let board: ProtectionBoard

    init(_ board: ProtectionBoard) { self.board = board }

    deinit { counters.deallocate() }

    /// What the served packets were counted as.
    package func currentCounters() -> ResponderCounters {
        var sum = ResponderCounters()
        sum.add(counters)
        return sum
    }

    /// Puts other protection in force, from the next query on.
    package func replaceProtection(_ settings: ProtectionSettings) { board.replace(settings) }
}
