/// What a log did since the start.
package struct LogMetrics: Hashable, Sendable {
    package internal(set) var changes: UInt64 = 0
    package internal(set) var failedCommits: UInt64 = 0
    /// Why the last commit failed; nil when it did not.
    package internal(set) var problem: String?
    /// Time to make a group of changes durable.
    package internal(set) var commit = DurationHistogram()
    /// Time from a change's arrival until it is durable, applied and in the next DNS answer.
    package internal(set) var propagation = DurationHistogram()
}
