/// Reads a regular expression in RE2's syntax, the one that Consul has.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private(set) var groupCount = 0
    private var depth = 0
    private var flags = Flags()

    private static let depthMax = 200
    private static let repeatMax = 1000

    /// What `(?…)` switches.
    private struct Flags {
        var ignoresCase = false
        var isMultiline = false
        var dotMatchesLineFeed = false
        var isSwapped = false
    }

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// Parses the whole text.
    mutating func parse() throws(PatternError) -> PatternNode {
        let node = try alternatives()
        guard position == scalars.count else {
            throw PatternError(.unexpectedParenthesis, scalars)
        }
        return node
    }

    private var next: Unicode.Scalar? {
        position < scalars.count ? scalars[position] : nil
    }

    private func scalar(after distance: Int) -> Unicode.Scalar? {
        position + distance < scalars.count ? scalars[position + distance] : nil
    }

    private mutating func take() -> Unicode.Scalar? {
        guard let scalar = next else { return nil }
        position += 1
        return scalar
    }

    private mutating func take(_ wanted: Unicode.Scalar) -> Bool {
        guard next == wanted else { return false }
        position += 1
        return true
    }

    private func part(from start: Int) -> ArraySlice<Unicode.Scalar> { scalars[start..<position] }

    // MARK: Sequences

    private mutating func alternatives() throws(PatternError) -> PatternNode {
        guard depth < Self.depthMax else { throw PatternError(.tooDeep, scalars) }
        depth += 1
        defer { depth -= 1 }
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var nodes: [PatternNode] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            if scalar == "\\", self.scalar(after: 1) == "Q" {
                nodes += quotedText()
                if let last = nodes.popLast() { nodes.append(try repetitions(of: last)) }
                continue
            }
            guard let node = try atom() else { continue }
            nodes.append(try repetitions(of: node))
        }
        return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
    }

    /// `\Q…\E`.
    private mutating func quotedText() -> [PatternNode] {
        position += 2
        var nodes: [PatternNode] = []
        while let scalar = next {
            if scalar == "\\", self.scalar(after: 1) == "E" {
                position += 2
                break
            }
            position += 1
            nodes.append(literal(scalar))
        }
        return nodes
    }

    private mutating func repetitions(of atom: PatternNode) throws(PatternError) -> PatternNode {
        let start = position
        guard let (min, max) = try repeatCounts() else { return atom }
        let isLazy = take("?") != flags.isSwapped
        let firstEnd = position
        if try repeatCounts() != nil {
            throw PatternError(.nestedRepeat, part(from: start))
        }
        position = firstEnd
        return .repetition(atom, min: min, max: max, isLazy: isLazy)
    }

    /// The counts of the operator that stands next; nil for anything else.
    private mutating func repeatCounts() throws(PatternError) -> (min: Int, max: Int?)? {
        switch next {
        case "*":
            position += 1
            return (0, nil)
        case "+":
            position += 1
            return (1, nil)
        case "?":
            position += 1
            return (0, 1)
        case "{": return try countsInBraces()
        default: return nil
        }
    }

    /// `{2}`, `{2,}`, `{2,5}`; a brace with anything else in it stands for itself.
    private mutating func countsInBraces() throws(PatternError) -> (min: Int, max: Int?)? {
        let start = position
        position += 1
        guard let min = number() else {
            position = start
            return nil
        }
        var max: Int? = min
        if take(",") { max = next == "}" ? nil : number() ?? -1 }
        guard max != -1, take("}") else {
            position = start
            return nil
        }
        guard min <= Self.repeatMax, max ?? min <= Self.repeatMax, max ?? min >= min else {
            throw PatternError(.badRepeatCount, part(from: start))
        }
        return (min, max)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let digit = next?.value, (0x30...0x39).contains(digit) {
            position += 1
            value = Swift.min((value ?? 0) * 10 + Int(digit - 0x30), 1_000_000)
        }
        return value
    }

    // MARK: Atoms

    private func literal(_ scalar: Unicode.Scalar) -> PatternNode { .set(cased(ScalarSet(scalar))) }

    private func cased(_ set: ScalarSet) -> ScalarSet {
        flags.ignoresCase ? set.ignoringCase : set
    }

    /// One place of the pattern; nil for what only switches flags.
    private mutating func atom() throws(PatternError) -> PatternNode? {
        let start = position
        if try repeatCounts() != nil {
            throw PatternError(.missingRepeatArgument, part(from: start))
        }
        guard let scalar = take() else { return nil }
        switch scalar {
        case "(": return try group()
        case "[": return .set(cased(try bracketClass(from: start)))
        case ".": return .set(flags.dotMatchesLineFeed ? .all : .allButLineFeed)
        case "^": return .assertion(flags.isMultiline ? .lineStart : .textStart)
        case "$": return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
        case "\\": return try escape(from: start)
        default: return literal(scalar)
        }
    }

    private mutating func escape(from start: Int) throws(PatternError) -> PatternNode {
        switch next {
        case "A", "z", "b", "B":
            let assertion: PatternNode.Assertion =
                switch take() {
                case "A": .textStart
                case "z": .textEnd
                case "b": .wordBoundary
                default: .noWordBoundary
                }
            return .assertion(assertion)
        default:
            if let set = try escapedClass(from: start) { return .set(cased(set)) }
            return literal(try escapedScalar(from: start))
        }
    }

    // MARK: Groups

    private mutating func group() throws(PatternError) -> PatternNode? {
        let start = position - 1
        let outer = flags
        var number: Int?
        if next == "?" {
            if isNamedGroup {
                try groupName(from: start)
                groupCount += 1
                number = groupCount
            } else if try groupFlags(from: start) {
                return nil
            }
        } else {
            groupCount += 1
            number = groupCount
        }
        let inner = try alternatives()
        guard take(")") else { throw PatternError(.missingParenthesis, scalars) }
        flags = outer
        return .group(inner, number: number)
    }

    /// True before `?P<` and `?<`, unless a look-behind begins there.
    private var isNamedGroup: Bool {
        if scalar(after: 1) == "P" { return scalar(after: 2) == "<" }
        return scalar(after: 1) == "<" && scalar(after: 2) != "=" && scalar(after: 2) != "!"
    }

    private mutating func groupName(from start: Int) throws(PatternError) {
        position += scalar(after: 1) == "P" ? 3 : 2
        var count = 0
        while let scalar = next, ScalarSet.wordCharacters.contains(scalar.value) {
            position += 1
            count += 1
        }
        guard count > 0, take(">") else { throw PatternError(.badGroupName, part(from: start)) }
    }

    /// Reads `?i)` or `?i:`; true for the former, which is no group.
    private mutating func groupFlags(from start: Int) throws(PatternError) -> Bool {
        position += 1
        var isOn = true
        while let scalar = take() {
            switch scalar {
            case "i": flags.ignoresCase = isOn
            case "m": flags.isMultiline = isOn
            case "s": flags.dotMatchesLineFeed = isOn
            case "U": flags.isSwapped = isOn
            case "-" where isOn: isOn = false
            case ")": return true
            case ":": return false
            default: throw PatternError(.unsupportedGroup, part(from: start))
            }
        }
        throw PatternError(.missingParenthesis, scalars)
    }
}

// MARK: - Classes and escapes

extension PatternParser {
    /// `[…]`, whose bracket was taken.
    private mutating func bracketClass(from start: Int) throws(PatternError) -> ScalarSet {
        let isNegated = take("^")
        var set = ScalarSet()
        var isFirst = true
        while isFirst || next != "]" {
            isFirst = false
            let memberStart = position
            guard let scalar = next else { throw PatternError(.missingBracket, scalars[start...]) }
            if scalar == "[", self.scalar(after: 1) == ":", let named = try namedClass() {
                set.insert(named)
                continue
            }
            if scalar == "\\" {
                position += 1
                if let escaped = try escapedClass(from: memberStart) {
                    set.insert(escaped)
                    continue
                }
                position -= 1
            }
            let low = try classScalar()
            var high = low
            if next == "-", let end = self.scalar(after: 1), end != "]" {
                position += 1
                high = try classScalar()
            }
            guard low.value <= high.value else {
                throw PatternError(.badRange, part(from: memberStart))
            }
            set.insert(low.value...high.value)
        }
        position += 1
        // Letter case first, as `[^a]` without case must not take `A`.
        return isNegated ? cased(set).inverted : set
    }

    private mutating func classScalar() throws(PatternError) -> Unicode.Scalar {
        let start = position
        guard let scalar = take() else { throw PatternError(.missingBracket, scalars) }
        return scalar == "\\" ? try escapedScalar(from: start) : scalar
    }

    /// `[:alpha:]` inside brackets; nil when no such thing stands next.
    private mutating func namedClass() throws(PatternError) -> ScalarSet? {
        let start = position
        var end = position + 2
        while end + 1 < scalars.count, scalars[end] != ":" { end += 1 }
        guard end + 1 < scalars.count, scalars[end + 1] == "]" else { return nil }
        var name = String(String.UnicodeScalarView(scalars[start + 2..<end]))
        position = end + 2
        let isNegated = name.hasPrefix("^")
        if isNegated { name.removeFirst() }
        guard let set = ScalarSet(named: name) else {
            throw PatternError(.badRange, part(from: start))
        }
        return isNegated ? set.inverted : set
    }

    /// `\d` and the like after the backslash; nil when another escape stands there.
    private mutating func escapedClass(from start: Int) throws(PatternError) -> ScalarSet? {
        let set: ScalarSet
        switch next {
        case "d": set = .digits
        case "D": set = ScalarSet.digits.inverted
        case "s": set = .spaces
        case "S": set = ScalarSet.spaces.inverted
        case "w": set = .wordCharacters
        case "W": set = ScalarSet.wordCharacters.inverted
        case "p", "P": return try category(from: start)
        default: return nil
        }
        position += 1
        return set
    }

    /// `\pL`, `\p{Lu}`, `\p{^Lu}`, `\P…`.
    private mutating func category(from start: Int) throws(PatternError) -> ScalarSet {
        var isNegated = take() == "P"
        var name = ""
        if take("{") {
            if take("^") { isNegated.toggle() }
            while let scalar = next, scalar != "}" {
                position += 1
                name.unicodeScalars.append(scalar)
            }
            _ = take("}")
        } else if let letter = take() {
            name.unicodeScalars.append(letter)
        }
        guard let set = ScalarSet(category: name) else {
            throw PatternError(.badRange, part(from: start))
        }
        return isNegated ? set.inverted : set
    }

    /// The character that an escape after its backslash stands for.
    private mutating func escapedScalar(from start: Int) throws(PatternError) -> Unicode.Scalar {
        guard let scalar = take() else { throw PatternError(.trailingBackslash, []) }
        switch scalar {
        case "a": return "\u{07}"
        case "f": return "\u{0C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "v": return "\u{0B}"
        case "x": return try hexadecimal(from: start)
        case "0"..."7":
            // One digit but zero would be a back reference, which has no linear-time meaning.
            guard scalar == "0" || ("0"..."7").contains(next ?? "8") else { break }
            return octal(scalar)
        default:
            guard scalar.isASCII, !ScalarSet.wordCharacters.contains(scalar.value) else { break }
            return scalar
        }
        throw PatternError(.badEscape, part(from: start))
    }

    private mutating func octal(_ first: Unicode.Scalar) -> Unicode.Scalar {
        var value = first.value - 0x30
        var digits = 1
        while digits < 3, let digit = next, ("0"..."7").contains(digit) {
            position += 1
            digits += 1
            value = value * 8 + digit.value - 0x30
        }
        return Unicode.Scalar(value) ?? "\u{FFFD}"
    }

    private mutating func hexadecimal(from start: Int) throws(PatternError) -> Unicode.Scalar {
        let isBraced = take("{")
        var digits = ""
        while digits.count < (isBraced ? 8 : 2), let digit = next, digit.properties.isASCIIHexDigit
        {
            position += 1
            digits.unicodeScalars.append(digit)
        }
        let isWhole = isBraced ? !digits.isEmpty && take("}") : digits.count == 2
        guard isWhole, let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value)
        else { throw PatternError(.badEscape, part(from: start)) }
        return scalar
    }
}
