/// Whether a comparison holds for a thing.
typealias FilterPredicate<Thing> = @Sendable (Thing, inout FilterBudget) -> Bool

/// The fields of a thing that expressions may name, with their types.
///
/// Why not by reflection or over the JSON: a misspelt field or an operator that its type does not
/// have is refused before anything is read, and a comparison costs one look at a stored property.
struct FilterSchema<Root>: Sendable {
    /// Makes the predicate of a comparison whose selector is used up to, but not at, a depth.
    private typealias Maker =
        @Sendable (FilterMatch, _ depth: Int) throws(FilterError) -> FilterPredicate<Root>

    private var makers: [String: Maker] = [:]

    init() {}

    /// The predicate of a comparison of one of these fields.
    ///
    /// - Throws: `FilterError` for an unknown field, or one that cannot be compared like that.
    func predicate(
        of match: FilterMatch,
        at depth: Int = 0
    ) throws(FilterError) -> FilterPredicate<Root> {
        guard depth < match.selector.count else { throw match.invalidOperator }
        guard let maker = makers[match.selector[depth]] else { throw match.invalidSelector(depth) }
        return try maker(match, depth + 1)
    }

    private func adding(_ name: String, _ maker: @escaping Maker) -> FilterSchema {
        var schema = self
        schema.makers[name] = maker
        return schema
    }

    /// Adds a field without fields of its own.
    private func leaf<Value>(
        _ name: String,
        _ value: @escaping @Sendable (Root) -> Value,
        _ test: @escaping @Sendable (FilterMatch) throws(FilterError) -> FilterPredicate<Value>
    ) -> FilterSchema {
        adding(name) { match, depth throws(FilterError) in
            guard depth == match.selector.count else { throw match.invalidSelector(depth) }
            let test = try test(match)
            return { test(value($0), &$1) }
        }
    }
}

// MARK: - Single values

extension FilterSchema {
    func text(_ name: String, _ value: @escaping @Sendable (Root) -> String) -> FilterSchema {
        leaf(name, value) { match throws(FilterError) in try match.textTest() }
    }

    func number(_ name: String, _ value: @escaping @Sendable (Root) -> Int) -> FilterSchema {
        leaf(name, value) { match throws(FilterError) in
            let wanted = try match.number()
            let isEqual = try match.isEquality()
            return { number, _ in (number == wanted) == isEqual }
        }
    }

    func flag(_ name: String, _ value: @escaping @Sendable (Root) -> Bool) -> FilterSchema {
        leaf(name, value) { match throws(FilterError) in
            let wanted = try match.flag()
            let isEqual = try match.isEquality()
            return { flag, _ in (flag == wanted) == isEqual }
        }
    }
}

// MARK: - Many values

extension FilterSchema {
    func texts(_ name: String, _ value: @escaping @Sendable (Root) -> [String]) -> FilterSchema {
        leaf(name, value) { match throws(FilterError) in
            try match.collectionTest(isEmpty: \.isEmpty) { texts, wanted in
                texts.contains(wanted)
            }
        }
    }

    /// A map of texts; any key may follow in the selector.
    func pairs(
        _ name: String,
        _ value: @escaping @Sendable (Root) -> [String: String]
    ) -> FilterSchema {
        map(name, value) { match, depth throws(FilterError) in
            guard depth == match.selector.count else { throw match.invalidSelector(depth) }
            return try match.textTest()
        }
    }

    /// A map of things; any key may follow in the selector, and then a field of the things.
    func things<Thing>(
        _ name: String,
        _ schema: FilterSchema<Thing>,
        _ value: @escaping @Sendable (Root) -> [String: Thing]
    ) -> FilterSchema {
        map(name, value) { match, depth throws(FilterError) in
            try schema.predicate(of: match, at: depth)
        }
    }

    private func map<Thing>(
        _ name: String,
        _ value: @escaping @Sendable (Root) -> [String: Thing],
        _ ofThing:
            @escaping @Sendable (
                FilterMatch, _ depth: Int
            ) throws(FilterError) -> FilterPredicate<Thing>
    ) -> FilterSchema {
        adding(name) { match, depth throws(FilterError) in
            guard depth < match.selector.count else {
                let test: FilterPredicate<[String: Thing]> = try match.collectionTest(
                    isEmpty: \.isEmpty
                ) { map, key in map[key] != nil }
                return { test(value($0), &$1) }
            }
            let key = match.selector[depth]
            let test = try ofThing(match, depth + 1)
            let holdsForMissing = match.operation.holdsForMissing
            return { root, budget in
                guard let thing = value(root)[key] else { return holdsForMissing }
                return test(thing, &budget)
            }
        }
    }

    /// A list of things: a comparison of a field holds when it holds for any of them.
    func list<Thing>(
        _ name: String,
        _ schema: FilterSchema<Thing>,
        _ value: @escaping @Sendable (Root) -> [Thing]
    ) -> FilterSchema {
        adding(name) { match, depth throws(FilterError) in
            guard depth < match.selector.count else {
                let isEmpty = try match.isEmptiness()
                return { root, _ in value(root).isEmpty == isEmpty }
            }
            let test = try schema.predicate(of: match, at: depth)
            return { root, budget in value(root).contains { test($0, &budget) } }
        }
    }
}

// MARK: - Things inside things

extension FilterSchema {
    func thing<Thing>(
        _ name: String,
        _ schema: FilterSchema<Thing>,
        _ value: @escaping @Sendable (Root) -> Thing
    ) -> FilterSchema {
        adding(name) { match, depth throws(FilterError) in
            let test = try schema.predicate(of: match, at: depth)
            return { test(value($0), &$1) }
        }
    }
}
