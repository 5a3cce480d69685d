/// A parsed pattern.
indirect enum PatternNode: Sendable {
    case empty
    case set(ScalarSet)
    case assertion(Assertion)
    /// `number` counts from 1; nil for a group that captures nothing.
    case group(PatternNode, number: Int?)
    case sequence([PatternNode])
    /// Earlier ones are preferred.
    case alternatives([PatternNode])
    /// `max` nil: without end. Lazy ones prefer few.
    case repetition(PatternNode, min: Int, max: Int?, isLazy: Bool)

    /// What must hold at a place, without taking a character.
    enum Assertion: Sendable {
        case textStart
        case textEnd
        case lineStart
        case lineEnd
        case wordBoundary
        case noWordBoundary
    }
}
