/// A filter expression as it was written, without regard to what it is asked about.
///
/// Its description is an expression again, with the same meaning.
indirect enum FilterExpression: Hashable {
    case match(FilterMatch)
    case not(FilterExpression)
    case and(FilterExpression, FilterExpression)
    case or(FilterExpression, FilterExpression)
}

/// One comparison: a field, an operator and, except for emptiness, a value.
struct FilterMatch: Hashable {
    /// The names on the way to the field, at least one.
    var selector: [String]
    var operation: FilterOperator
    /// As text, whatever the field holds; nil where the operator takes none.
    var value: String?

    /// The selector as errors name it.
    var selectorText: String { selector.joined(separator: ".") }
}

extension FilterExpression: CustomStringConvertible {
    var description: String {
        switch self {
        case .match(let match): match.description
        case .not(let operand): "not \(operand.grouped(below: 3))"
        // Both group to the right.
        case .and(let left, let right): "\(left.grouped(below: 3)) and \(right.grouped(below: 2))"
        case .or(let left, let right): "\(left.grouped(below: 2)) or \(right.grouped(below: 1))"
        }
    }

    /// How tightly the outermost word binds.
    private var strength: Int {
        switch self {
        case .or: 1
        case .and: 2
        case .not, .match: 3
        }
    }

    private func grouped(below strength: Int) -> String {
        self.strength < strength ? "(\(description))" : description
    }
}

extension FilterMatch: CustomStringConvertible {
    var description: String {
        let head = "\(selectorSpelling) \(operation.spelling)"
        guard let value else { return head }
        return "\(head) \(GoString.quoted(value))"
    }

    private var selectorSpelling: String {
        guard let first = selector.first, Self.isIdentifier(first) else {
            return "\"" + selector.map { "/" + Self.pointerSegment($0) }.joined() + "\""
        }
        return selector.dropFirst().reduce(first) { text, part in
            text + (Self.isIdentifier(part) ? ".\(part)" : "[\(GoString.quoted(part))]")
        }
    }

    private static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.utf8.first, first.isFilterLetter else { return false }
        return text.utf8.allSatisfy(\.isFilterIdentifier)
    }

    private static func pointerSegment(_ text: String) -> String {
        String(text.flatMap { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) })
    }
}

extension UInt8 {
    /// ASCII letters begin an identifier.
    var isFilterLetter: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) && self < 0x80
    }

    var isFilterDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    var isFilterIdentifier: Bool {
        isFilterLetter || isFilterDigit || self == UInt8(ascii: "_")
    }
}
