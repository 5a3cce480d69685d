/// What a log did since the start.
package struct LogMetrics: Hashable, Sendable {
    package internal(set) var changes: UInt64 = 0
    package internal(set) var commits: UInt64 = 0
    package internal(set) var failedCommits: UInt64 = 0
    /// Time spent making groups durable.
    package internal(set) var commitTime: Duration = .zero
    package internal(set) var commitTimeMax: Duration = .zero
    /// Time spent applying groups: the catalog's change, compiling and publishing answers.
    package internal(set) var applyTime: Duration = .zero
    package internal(set) var applyTimeMax: Duration = .zero

    mutating func record(changes: Int, commit: Duration, apply: Duration) {
        self.changes += UInt64(changes)
        commits += 1
        commitTime += commit
        commitTimeMax = max(commitTimeMax, commit)
        applyTime += apply
        applyTimeMax = max(applyTimeMax, apply)
    }
}
