/// What a filter expression may cost; each part of it is under one of these.
enum FilterLimits {
    static let expressionBytesMax = 8_192
    /// Parentheses and `not` inside each other.
    static let depthMax = 64
    /// Comparisons in one expression.
    static let matchesMax = 256
    /// Elementary steps of searches in texts, for one request: a second of work at most.
    static let stepsMax = 50_000_000
}

/// What searches in texts may still cost in one request.
struct FilterBudget {
    /// Below zero once more was asked for than there was; results are then worthless.
    var steps = FilterLimits.stepsMax

    var isExceeded: Bool { steps < 0 }
}
