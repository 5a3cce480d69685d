/// An expression over things of one kind, checked and ready to be asked.
struct Filter<Root>: Sendable {
    private indirect enum Condition: Sendable {
        case test(FilterPredicate<Root>)
        case not(Condition)
        case and(Condition, Condition)
        case or(Condition, Condition)
    }

    private let condition: Condition

    /// Checks `expression` against the fields that there are.
    ///
    /// - Throws: `FilterError` in Consul's words.
    init(_ expression: String, _ schema: FilterSchema<Root>) throws(FilterError) {
        condition = try Self.condition(of: try FilterParser.parse(expression), schema)
    }

    private static func condition(
        of expression: FilterExpression,
        _ schema: FilterSchema<Root>
    ) throws(FilterError) -> Condition {
        switch expression {
        case .match(let match): .test(try schema.predicate(of: match))
        case .not(let operand): .not(try condition(of: operand, schema))
        case .and(let left, let right):
            .and(try condition(of: left, schema), try condition(of: right, schema))
        case .or(let left, let right):
            .or(try condition(of: left, schema), try condition(of: right, schema))
        }
    }

    /// True when the expression holds for `root`; worthless once the budget is exceeded.
    func matches(_ root: Root, _ budget: inout FilterBudget) -> Bool {
        Self.holds(condition, root, &budget)
    }

    private static func holds(
        _ condition: Condition,
        _ root: Root,
        _ budget: inout FilterBudget
    ) -> Bool {
        switch condition {
        case .test(let predicate): predicate(root, &budget)
        case .not(let operand): !holds(operand, root, &budget)
        case .and(let left, let right):
            holds(left, root, &budget) && holds(right, root, &budget)
        case .or(let left, let right):
            holds(left, root, &budget) || holds(right, root, &budget)
        }
    }
}

extension Filter {
    /// The things for which the expression holds, in their order.
    ///
    /// - Throws: `APIError` when the search costs more than one request may.
    func kept(_ things: [Root]) throws(APIError) -> [Root] {
        var budget = FilterBudget()
        return try kept(things, &budget)
    }

    func kept(_ things: [Root], _ budget: inout FilterBudget) throws(APIError) -> [Root] {
        var kept: [Root] = []
        for thing in things {
            if matches(thing, &budget) { kept.append(thing) }
            guard !budget.isExceeded else {
                throw APIError(.limit("the search takes too long on so much data"))
            }
        }
        return kept
    }
}
