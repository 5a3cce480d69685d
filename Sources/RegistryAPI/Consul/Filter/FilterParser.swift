/// Reads a filter expression: Consul's language, and JSON pointers as selectors.
///
///     or      = and { space "or" space and }
///     and     = not { space "and" space not }
///     not     = "not" space not | "(" or ")" | match
///     match   = selector operator [ value ] | value [ "not" ] "in" selector
///
/// Cost: each byte is read a bounded number of times, whatever is written; length, depth and the
/// number of comparisons are limited.
struct FilterParser {
    private var scanner: FilterScanner
    private var depth = 0
    private var matchCount = 0

    private init(_ scanner: FilterScanner) {
        self.scanner = scanner
    }

    /// - Throws: `FilterError` with line, column and offset of what is wrong.
    static func parse(_ text: String) throws(FilterError) -> FilterExpression {
        guard text.utf8.count <= FilterLimits.expressionBytesMax else {
            throw .limit("the expression is longer than \(FilterLimits.expressionBytesMax) bytes")
        }
        var parser = FilterParser(FilterScanner(Array(text.utf8)))
        parser.scanner.skipSpace()
        guard let expression = try parser.disjunction() else { throw parser.scanner.noMatch }
        parser.scanner.skipSpace()
        guard parser.scanner.atEnd() else { throw parser.scanner.noMatch }
        return expression
    }

    // A function that finds nothing returns nil and leaves the scanner where it was; the scanner
    // remembers how far anybody got.

    private mutating func disjunction() throws(FilterError) -> FilterExpression? {
        guard let first = try conjunction() else { return nil }
        var terms = [first]
        while true {
            let start = scanner.offset
            guard scanner.space(), scanner.word("or"), scanner.space(),
                let term = try conjunction()
            else {
                scanner.offset = start
                break
            }
            terms.append(term)
        }
        return terms.dropLast().reversed().reduce(terms[terms.count - 1]) { .or($1, $0) }
    }

    private mutating func conjunction() throws(FilterError) -> FilterExpression? {
        guard let first = try negation() else { return nil }
        var terms = [first]
        while true {
            let start = scanner.offset
            guard scanner.space(), scanner.word("and"), scanner.space(), let term = try negation()
            else {
                scanner.offset = start
                break
            }
            terms.append(term)
        }
        return terms.dropLast().reversed().reduce(terms[terms.count - 1]) { .and($1, $0) }
    }

    private mutating func negation() throws(FilterError) -> FilterExpression? {
        let start = scanner.offset
        if scanner.word("not"), scanner.space() {
            try enter()
            defer { depth -= 1 }
            if let operand = try negation() {
                if case .not(let inner) = operand { return inner }
                return .not(operand)
            }
        }
        // `not` may be the name of a field too.
        scanner.offset = start
        if scanner.word("(") {
            try enter()
            defer { depth -= 1 }
            scanner.skipSpace()
            if let inner = try disjunction() {
                scanner.skipSpace()
                if scanner.word(")") { return inner }
            }
            scanner.offset = start
            return nil
        }
        return try match()
    }

    private mutating func enter() throws(FilterError) {
        depth += 1
        guard depth <= FilterLimits.depthMax else {
            throw .limit("more than \(FilterLimits.depthMax) levels of parentheses and \"not\"")
        }
    }
}

// MARK: - Comparisons

extension FilterParser {
    private mutating func match() throws(FilterError) -> FilterExpression? {
        let start = scanner.offset
        var found = try selectorFirst(from: start)
        if found == nil { found = try valueFirst(from: start) }
        guard let match = found else {
            scanner.offset = start
            return nil
        }
        matchCount += 1
        guard matchCount <= FilterLimits.matchesMax else {
            throw .limit("more than \(FilterLimits.matchesMax) comparisons")
        }
        return .match(match)
    }

    /// A selector, an operator and mostly a value.
    private mutating func selectorFirst(from start: Int) throws(FilterError) -> FilterMatch? {
        scanner.offset = start
        guard let selector = try scanner.selector(), let operation = operatorAfterSelector() else {
            return nil
        }
        if operation == .isEmpty || operation == .isNotEmpty {
            return FilterMatch(selector: selector, operation: operation)
        }
        guard let value = try scanner.value() else { return nil }
        return FilterMatch(selector: selector, operation: operation, value: value)
    }

    /// A value, `in` or `not in`, and a selector.
    private mutating func valueFirst(from start: Int) throws(FilterError) -> FilterMatch? {
        scanner.offset = start
        guard let value = try scanner.value(), scanner.space() else { return nil }
        let isNegated = scanner.words("not")
        guard scanner.words("in"), let selector = try scanner.selector() else { return nil }
        return FilterMatch(
            selector: selector,
            operation: isNegated ? .holdsNot : .holds,
            value: value
        )
    }

    private mutating func operatorAfterSelector() -> FilterOperator? {
        let hasSpace = scanner.space()
        for operation in [FilterOperator.equal, .notEqual] where scanner.word(operation.spelling) {
            scanner.skipSpace()
            return operation
        }
        guard hasSpace else { return nil }
        if scanner.words("is") {
            if scanner.words("not") { return scanner.word("empty") ? .isNotEmpty : nil }
            return scanner.word("empty") ? .isEmpty : nil
        }
        let isNegated = scanner.words("not")
        if scanner.words("contains") { return isNegated ? .holdsNot : .holds }
        if scanner.words("matches") { return isNegated ? .matchesNot : .matches }
        return nil
    }
}
