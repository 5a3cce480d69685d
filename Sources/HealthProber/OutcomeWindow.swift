/// Which instances were good and which failed lately, each under its latest result.
///
/// Two spans of `length` are kept, the present one and the one before, and looked at together.
/// Cost: a few dozen bytes for each instance that was probed within them.
struct OutcomeWindow: Sendable {
    private struct Span {
        var good: Set<Int> = []
        var failing: Set<Int> = []
    }

    let length: Duration
    private var current = Span()
    private var previous = Span()
    private var end = ProbeInstant.zero
    private(set) var goodCount = 0
    private(set) var failingCount = 0

    init(length: Duration) {
        self.length = length
    }

    var count: Int { goodCount + failingCount }

    /// From 0 to 1.
    var failingShare: Double { Double(failingCount) / Double(max(count, 1)) }

    mutating func note(_ owner: Int, isFailure: Bool) {
        // The common case: good again.
        if !isFailure, current.good.contains(owner), !previous.failing.contains(owner) { return }
        forget(owner)
        if isFailure {
            current.failing.insert(owner)
            failingCount += 1
        } else {
            current.good.insert(owner)
            goodCount += 1
        }
    }

    mutating func forget(_ owner: Int) {
        if current.good.remove(owner) != nil { goodCount -= 1 }
        if previous.good.remove(owner) != nil { goodCount -= 1 }
        guard failingCount > 0 else { return }
        if current.failing.remove(owner) != nil { failingCount -= 1 }
        if previous.failing.remove(owner) != nil { failingCount -= 1 }
    }

    /// Begins a new span when the present one is over.
    mutating func turn(now: ProbeInstant) {
        guard now >= end else { return }
        previous = now - end >= length ? Span() : current
        current = Span()
        goodCount = previous.good.count
        failingCount = previous.failing.count
        end = now + length
    }
}
