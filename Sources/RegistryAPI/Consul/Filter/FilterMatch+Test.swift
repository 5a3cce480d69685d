internal import ServiceCatalog

/// What a comparison demands of a value, by the value's type.
extension FilterMatch {
    // MARK: Errors, in Consul's words

    func invalidSelector(_ depth: Int) -> FilterError {
        let known = selector.prefix(depth + 1).joined(separator: ".")
        return FilterError("Selector \(GoString.quoted(known)) is not valid")
    }

    var invalidOperator: FilterError {
        FilterError(
            "Invalid match operator \"\(operation.rawValue)\" for selector "
                + GoString.quoted(selectorText)
        )
    }

    private func badValue(_ parser: String) -> FilterError {
        let text = GoString.quoted(value ?? "")
        return FilterError(
            "Failed to coerce value \(text) for selector \(GoString.quoted(selectorText)): "
                + "strconv.\(parser): parsing \(text): invalid syntax"
        )
    }

    // MARK: Operators of a type

    /// True for `==`, false for `!=`; nothing else is allowed.
    func isEquality() throws(FilterError) -> Bool {
        switch operation {
        case .equal: true
        case .notEqual: false
        default: throw invalidOperator
        }
    }

    /// True for `is empty`, false for `is not empty`; nothing else is allowed.
    func isEmptiness() throws(FilterError) -> Bool {
        switch operation {
        case .isEmpty: true
        case .isNotEmpty: false
        default: throw invalidOperator
        }
    }

    func textTest() throws(FilterError) -> FilterPredicate<String> {
        let wanted = value ?? ""
        switch operation {
        case .equal: return { text, _ in text == wanted }
        case .notEqual: return { text, _ in text != wanted }
        case .holds: return { $0.contains(wanted, &$1) }
        case .holdsNot: return { !$0.contains(wanted, &$1) }
        case .matches, .matchesNot:
            let pattern = try pattern(wanted)
            let isWanted = operation == .matches
            return { pattern.matches($0, steps: &$1.steps) == isWanted }
        case .isEmpty, .isNotEmpty: throw invalidOperator
        }
    }

    private func pattern(_ text: String) throws(FilterError) -> LinearPattern {
        do {
            return try LinearPattern(text)
        } catch {
            throw FilterError(
                "Failed to compile regular expression \(GoString.quoted(text)): \(error)"
            )
        }
    }

    /// The test of a list or map whose elements or keys `holds` looks in.
    func collectionTest<Collected>(
        isEmpty: @escaping @Sendable (Collected) -> Bool,
        holds: @escaping @Sendable (Collected, _ wanted: String) -> Bool
    ) throws(FilterError) -> FilterPredicate<Collected> {
        let wanted = value ?? ""
        switch operation {
        case .holds: return { collected, _ in holds(collected, wanted) }
        case .holdsNot: return { collected, _ in !holds(collected, wanted) }
        case .isEmpty: return { collected, _ in isEmpty(collected) }
        case .isNotEmpty: return { collected, _ in !isEmpty(collected) }
        default: throw invalidOperator
        }
    }

    // MARK: Values of a type

    /// The value as Go reads whole numbers: decimal, `0x`, `0o`, `0b`, or octal after a 0.
    func number() throws(FilterError) -> Int {
        _ = try isEquality()
        var digits = Substring(value ?? "")
        let sign = digits.first == "-" || digits.first == "+" ? String(digits.removeFirst()) : ""
        var radix = 10
        if digits.count > 1, digits.first == "0" {
            switch digits.dropFirst().first {
            case "x", "X": radix = 16
            case "o", "O": radix = 8
            case "b", "B": radix = 2
            default: radix = 0
            }
            digits = digits.dropFirst(radix == 0 ? 1 : 2)
            if radix == 0 { radix = 8 }
        }
        guard let first = digits.first, first != "-", first != "+",
            let number = Int(sign + digits, radix: radix)
        else { throw badValue("ParseInt") }
        return number
    }

    func flag() throws(FilterError) -> Bool {
        _ = try isEquality()
        switch value {
        case "1", "t", "T", "true", "TRUE", "True": return true
        case "0", "f", "F", "false", "FALSE", "False": return false
        default: throw badValue("ParseBool")
        }
    }
}

extension String {
    /// True when `part` stands somewhere in the text.
    fileprivate func contains(_ part: String, _ budget: inout FilterBudget) -> Bool {
        let text = Array(utf8), part = Array(part.utf8)
        guard let first = part.first else { return true }
        guard text.count >= part.count else { return false }
        for start in 0...(text.count - part.count) where text[start] == first {
            budget.steps -= part.count
            guard !budget.isExceeded else { return false }
            if text[start..<(start + part.count)] == part[...] { return true }
        }
        return false
    }
}
