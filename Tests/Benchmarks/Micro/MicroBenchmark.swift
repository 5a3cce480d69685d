/// One operation whose cost is worth knowing: set up once, then done as often as asked.
struct MicroBenchmark: Sendable {
    /// What the command line calls it.
    var name: String
    /// What one operation is, in a line.
    var summary: String
    /// Sets up; what it returns does the operation so many times, and checks what came of it, so
    /// that nothing is measured that does not work.
    var prepare: @Sendable () throws -> (_ times: Int) throws -> Void
}

/// A benchmark's operation did not do what it should.
struct WrongResult: Error, CustomStringConvertible {
    var description: String
}
