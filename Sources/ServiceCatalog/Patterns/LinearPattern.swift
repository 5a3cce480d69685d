/// A regular expression whose search takes time in proportion to the text, whatever both are.
///
/// Why our own: expressions come from strangers, and one that backtracks can be made to run for
/// hours. All ways through the pattern are followed side by side, so none is tried twice. The
/// syntax is RE2's, which Consul has too: no back references, no look-around.
///
/// Cost: at most 4,000 steps for each character of the text.
package struct LinearPattern: Sendable {
    /// As it was written.
    package let text: String
    let program: PatternProgram

    private static let textBytesMax = 4_096

    /// Reads an expression.
    package init(_ text: String) throws(PatternError) {
        guard text.utf8.count <= Self.textBytesMax else {
            throw PatternError(.tooLarge, text.unicodeScalars.prefix(64))
        }
        self.text = text
        self.program = try PatternProgram(text)
    }

    /// True when the expression is found anywhere in `text`.
    package func matches(_ text: String) -> Bool {
        search(text.unicodeScalars.map(\.value), wantsSlots: false) != nil
    }

    /// What the leftmost match captured: first the whole of it, then each group, empty where it
    /// took no part; nil without a match.
    package func captures(in text: String) -> [String]? {
        let scalars = Array(text.unicodeScalars)
        guard let slots = search(scalars.map(\.value), wantsSlots: true) else { return nil }
        return stride(from: 0, to: slots.count, by: 2).map { slot in
            guard slots[slot] >= 0, slots[slot + 1] >= slots[slot] else { return "" }
            return String(String.UnicodeScalarView(scalars[slots[slot]..<slots[slot + 1]]))
        }
    }
}

// MARK: - The search

extension LinearPattern {
    /// A way through the pattern, and the places that it remembers.
    private struct Way {
        var step: Int
        var slots: [Int]
    }

    /// Ways in order of preference, each step once.
    private struct Ways {
        var list: [Way] = []
        /// The text's place at which a step was last entered.
        var entered: [Int]

        init(stepCount: Int) { entered = Array(repeating: -1, count: stepCount) }
    }

    /// The slots of the match that is preferred: leftmost, then by the order of the alternatives.
    private func search(_ text: [UInt32], wantsSlots: Bool) -> [Int]? {
        var current = Ways(stepCount: program.steps.count)
        var following = current
        var found: [Int]?
        let none = wantsSlots ? Array(repeating: -1, count: program.slotCount) : []
        for place in 0...text.count {
            if found == nil {
                var slots = none
                if wantsSlots { slots[0] = place }
                enter(0, slots, text, place, &current)
            }
            if current.list.isEmpty, found != nil { break }
            following.list.removeAll(keepingCapacity: true)
            ways: for way in current.list {
                switch program.steps[way.step] {
                case .take(let set):
                    guard place < text.count, program.sets[set].contains(text[place]) else {
                        continue
                    }
                    enter(way.step + 1, way.slots, text, place + 1, &following)
                case .match:
                    found = way.slots
                    if wantsSlots { found?[1] = place }
                    guard wantsSlots else { return found }
                    // All that follow are less preferred.
                    break ways
                case .split, .jump, .save, .assertion: continue
                }
            }
            swap(&current, &following)
        }
        return found
    }

    /// Follows all steps that take no character.
    private func enter(
        _ step: Int,
        _ slots: [Int],
        _ text: [UInt32],
        _ place: Int,
        _ ways: inout Ways
    ) {
        var pending = [Way(step: step, slots: slots)]
        while var way = pending.popLast() {
            guard ways.entered[way.step] != place else { continue }
            ways.entered[way.step] = place
            switch program.steps[way.step] {
            case .jump(let target):
                way.step = target
                pending.append(way)
            case .split(let first, let second):
                pending.append(Way(step: second, slots: way.slots))
                pending.append(Way(step: first, slots: way.slots))
            case .save(let slot):
                if !way.slots.isEmpty { way.slots[slot] = place }
                way.step += 1
                pending.append(way)
            case .assertion(let assertion):
                guard holds(assertion, text, place) else { continue }
                way.step += 1
                pending.append(way)
            case .take, .match: ways.list.append(way)
            }
        }
    }

    private func holds(
        _ assertion: PatternNode.Assertion,
        _ text: [UInt32],
        _ place: Int
    ) -> Bool {
        switch assertion {
        case .textStart: return place == 0
        case .textEnd: return place == text.count
        case .lineStart: return place == 0 || text[place - 1] == 0x0A
        case .lineEnd: return place == text.count || text[place] == 0x0A
        case .wordBoundary, .noWordBoundary:
            let isBefore = place > 0 && ScalarSet.wordCharacters.contains(text[place - 1])
            let isAfter = place < text.count && ScalarSet.wordCharacters.contains(text[place])
            return (isBefore != isAfter) == (assertion == .wordBoundary)
        }
    }
}
