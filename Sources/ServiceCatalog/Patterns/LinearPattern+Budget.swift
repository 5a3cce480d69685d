extension LinearPattern {
    /// True when the expression is found anywhere in `text`, as long as `steps` last.
    ///
    /// Why: one search is bounded, many are not, and one request may need a search for each of a
    /// million texts. What a search cost is taken off `steps`; once they are below zero the result
    /// says nothing.
    package func matches(_ text: String, steps budget: inout Int) -> Bool {
        var run = Run(program)
        budget -= 1 + program.steps.count / 8
        var before: UInt32?
        for scalar in text.unicodeScalars {
            run.enter(between: before, and: scalar.value, &budget)
            if run.isMatched || budget < 0 { return run.isMatched }
            run.take(scalar.value, &budget)
            before = scalar.value
        }
        run.enter(between: before, and: nil, &budget)
        return run.isMatched
    }

    /// All ways through the pattern at once, without a memory of where they began.
    private struct Run {
        let program: PatternProgram
        /// Steps to be followed at this place in the text.
        private var entered: [Int] = []
        /// For each step the last place at which it was entered.
        private var enteredAt: [Int]
        private var place = 1
        /// Steps that take a character at this place.
        private var takers: [(step: Int, set: Int)] = []
        private(set) var isMatched = false

        init(_ program: PatternProgram) {
            self.program = program
            enteredAt = Array(repeating: 0, count: program.steps.count)
        }

        /// Follows all steps that take no character, from the start and from where ways stand.
        mutating func enter(between before: UInt32?, and after: UInt32?, _ budget: inout Int) {
            entered.append(0)
            takers.removeAll(keepingCapacity: true)
            while let step = entered.popLast() {
                budget -= 1
                guard enteredAt[step] != place else { continue }
                enteredAt[step] = place
                switch program.steps[step] {
                case .take(let set): takers.append((step, set))
                case .assertion(let assertion):
                    if assertion.holds(between: before, and: after) { entered.append(step + 1) }
                case .split(let first, let second):
                    entered.append(second)
                    entered.append(first)
                case .save: entered.append(step + 1)
                case .jump(let target): entered.append(target)
                case .match: isMatched = true
                }
            }
            place += 1
        }

        mutating func take(_ scalar: UInt32, _ budget: inout Int) {
            for taker in takers {
                let set = program.sets[taker.set]
                budget -= set.weight
                if set.contains(scalar) { entered.append(taker.step + 1) }
            }
        }
    }
}

extension PatternNode.Assertion {
    /// True when it holds between two characters; nil stands for an end of the text.
    fileprivate func holds(between before: UInt32?, and after: UInt32?) -> Bool {
        func isWord(_ scalar: UInt32?) -> Bool {
            scalar.map(ScalarSet.wordCharacters.contains) ?? false
        }
        switch self {
        case .textStart: return before == nil
        case .textEnd: return after == nil
        case .lineStart: return before == nil || before == 0x0A
        case .lineEnd: return after == nil || after == 0x0A
        case .wordBoundary: return isWord(before) != isWord(after)
        case .noWordBoundary: return isWord(before) == isWord(after)
        }
    }
}
