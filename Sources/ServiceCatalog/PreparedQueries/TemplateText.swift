/// What the expressions in a template's texts stand for.
struct TemplateValues {
    /// As it was asked for.
    var name: String
    /// The template's own name.
    var prefix: String
    /// The whole match and the groups of the template's expression; empty without a match.
    var captures: [String]

    /// What follows the prefix; both may differ in letter case.
    var suffix: String { String(name.dropFirst(prefix.count)) }
}

/// A text with expressions such as `${name.suffix}` and `${match(1)}`; `$${` stands for `${`.
struct TemplateText {
    struct Failure: Error {
        var reason: String
    }

    private enum Part {
        case literal(String)
        case wholeName
        case prefix
        case suffix
        /// Empty: there are no network segments.
        case segment
        case match(Int)
    }

    private var parts: [Part] = []

    init(_ text: String) throws(Failure) {
        var rest = text[...]
        var literal = ""
        while let character = rest.first {
            if rest.hasPrefix("$${") {
                literal += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let end = rest.firstIndex(of: "}") else {
                    throw Failure(reason: "an expression that begins with \"${\" has no \"}\"")
                }
                parts.append(.literal(literal))
                literal = ""
                parts.append(try Self.part(rest[rest.index(rest.startIndex, offsetBy: 2)..<end]))
                rest = rest[rest.index(after: end)...]
            } else {
                literal.append(character)
                rest.removeFirst()
            }
        }
        parts.append(.literal(literal))
    }

    private static func part(_ expression: Substring) throws(Failure) -> Part {
        let words = expression.filter { $0 != " " && $0 != "\t" }
        switch words {
        case "name.full": return .wholeName
        case "name.prefix": return .prefix
        case "name.suffix": return .suffix
        case "agent.segment": return .segment
        default: break
        }
        if words.hasPrefix("match("), words.hasSuffix(")"),
            let number = Int(words.dropFirst(6).dropLast())
        {
            return .match(number)
        }
        throw Failure(
            reason: "unknown expression \"\(expression)\", expected name.full, name.prefix,"
                + " name.suffix, match(N) or agent.segment"
        )
    }

    func filled(with values: TemplateValues) -> String {
        parts.map { part in
            switch part {
            case .literal(let text): text
            case .wholeName: values.name
            case .prefix: values.prefix
            case .suffix: values.suffix
            case .segment: ""
            case .match(let number):
                values.captures.indices.contains(number) ? values.captures[number] : ""
            }
        }.joined()
    }
}
