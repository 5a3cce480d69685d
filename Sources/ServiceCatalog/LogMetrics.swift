/// What a log did since the start.
package struct LogMetrics: Hashable, Sendable {
    package var changes: UInt64 = 0
    package var failedCommits: UInt64 = 0
    /// Why the last commit failed; nil when it did not.
    package var problem: String?
    /// Why the journal could not be folded into the rows the last time; nil when it could.
    package var foldProblem: String?
    /// Why the last snapshot could not be written; nil when it could.
    package var snapshotProblem: String?
    /// Snapshots that were written, and that could not be.
    package var snapshots: UInt64 = 0
    package var failedSnapshots: UInt64 = 0
    /// The last one's length, and how long it took.
    package var snapshotBytes = 0
    package var snapshotSeconds: Double = 0
    /// Time to make a group of changes durable.
    package var commit = DurationHistogram()
    /// Time from a change's arrival until it is durable, applied and in the next DNS answer.
    package var propagation = DurationHistogram()

    package init() {}
}
