/// A pattern as steps of a machine that tries all ways at once.
struct PatternProgram: Sendable {
    enum Step: Sendable {
        /// Takes one character of a set.
        case take(set: Int)
        /// Both go on; the first is preferred.
        case split(Int, Int)
        case jump(Int)
        /// Remembers the place in the text.
        case save(slot: Int)
        case assertion(PatternNode.Assertion)
        case match
    }

    private(set) var steps: [Step] = []
    private(set) var sets: [ScalarSet] = []
    /// Two for the whole match and two for each group.
    let slotCount: Int

    /// Bounds the time of one search to so many steps for each character of the text.
    private static let stepsMax = 4_000
    /// Nodes written out so far, repetitions counted: empty ones make no step, but take time.
    private var nodeCount = 0
    private static let nodesMax = 20_000

    init(_ text: String) throws(PatternError) {
        var parser = PatternParser(text)
        let root = try parser.parse()
        slotCount = 2 * (parser.groupCount + 1)
        do {
            try emit(root)
            try emit(.match)
        } catch {
            throw PatternError(.tooLarge, text.unicodeScalars)
        }
    }

    private struct TooLarge: Error {}

    private mutating func emit(_ step: Step) throws(TooLarge) {
        guard steps.count < Self.stepsMax else { throw TooLarge() }
        steps.append(step)
    }

    private mutating func emit(_ node: PatternNode) throws(TooLarge) {
        nodeCount += 1
        guard nodeCount <= Self.nodesMax else { throw TooLarge() }
        switch node {
        case .empty: break
        case .set(let set):
            sets.append(set)
            try emit(.take(set: sets.count - 1))
        case .assertion(let assertion): try emit(Step.assertion(assertion))
        case .group(let inner, nil): try emit(inner)
        case .group(let inner, let number?):
            try emit(.save(slot: 2 * number))
            try emit(inner)
            try emit(.save(slot: 2 * number + 1))
        case .sequence(let nodes):
            for node in nodes { try emit(node) }
        case .alternatives(let branches): try emit(alternatives: branches)
        case .repetition(let inner, let min, let max, let isLazy):
            guard let max else { return try emit(loop: inner, min: min, isLazy: isLazy) }
            for _ in 0..<min { try emit(inner) }
            try emit(optional: inner, times: max - min, isLazy: isLazy)
        }
    }

    private mutating func emit(alternatives branches: [PatternNode]) throws(TooLarge) {
        var jumps: [Int] = []
        for (number, branch) in branches.enumerated() {
            guard number < branches.count - 1 else {
                try emit(branch)
                break
            }
            let split = steps.count
            try emit(.split(split + 1, 0))
            try emit(branch)
            jumps.append(steps.count)
            try emit(.jump(0))
            steps[split] = .split(split + 1, steps.count)
        }
        for jump in jumps { steps[jump] = .jump(steps.count) }
    }

    /// At least `min` times without end.
    ///
    /// The test stands behind the body, so that a body which prefers to match nothing ends the loop
    /// there.
    private mutating func emit(
        loop inner: PatternNode,
        min: Int,
        isLazy: Bool
    ) throws(TooLarge) {
        let entry = min == 0 ? steps.count : nil
        if entry != nil { try emit(.split(0, 0)) }
        for _ in 0..<max(0, min - 1) { try emit(inner) }
        let start = steps.count
        try emit(inner)
        let split = steps.count
        try emit(.split(0, 0))
        set(split, go: start, leave: steps.count, isLazy: isLazy)
        if let entry { set(entry, go: start, leave: steps.count, isLazy: isLazy) }
    }

    private mutating func emit(
        optional inner: PatternNode,
        times: Int,
        isLazy: Bool
    ) throws(TooLarge) {
        var splits: [Int] = []
        for _ in 0..<times {
            splits.append(steps.count)
            try emit(.split(0, 0))
            try emit(inner)
        }
        for split in splits { set(split, go: split + 1, leave: steps.count, isLazy: isLazy) }
    }

    private mutating func set(_ split: Int, go: Int, leave: Int, isLazy: Bool) {
        steps[split] = isLazy ? .split(leave, go) : .split(go, leave)
    }
}
