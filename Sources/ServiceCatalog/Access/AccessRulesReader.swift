/// Reads the text of rules as Consul writes it, in HCL or JSON.
///
///     service_prefix "web" { policy = "read" }
///     operator = "read"
///
/// What would have to be ignored although it restricts something is refused.
struct AccessRulesReader {
    /// More rules in one policy are refused.
    private static let rulesMax = 10_000
    private static let textBytesMax = 512 << 10

    /// Rules about parts of Consul that do not exist here; they decide nothing.
    private static let foreignScalars = ["keyring", "mesh", "peering"]
    private static let foreignSections = ["identity", "identity_prefix"]
    private static let tenancies = [
        "namespace", "namespace_prefix", "partition", "partition_prefix",
    ]

    private var scanner: AccessRulesScanner
    private var rules = AccessRules()
    private var ruleCount = 0

    /// Reads a whole text.
    static func read(_ text: String) throws(AccessRulesError) -> AccessRules {
        guard text.utf8.count <= textBytesMax else {
            throw AccessRulesError(line: 1, "rules must not be longer than \(textBytesMax) bytes")
        }
        var reader = AccessRulesReader(scanner: AccessRulesScanner(text))
        if try reader.scanner.peek() == .mark(UInt8(ascii: "{")) {
            try reader.readObject { reader, key throws(AccessRulesError) in
                try reader.readSection(key)
            }
        } else {
            while let key = try reader.key(orUntil: .end) { try reader.readSection(key) }
        }
        let rest = try reader.scanner.next()
        guard rest == .end else { throw reader.failure("expected the end, found \(rest.shown)") }
        return reader.rules
    }

    private init(scanner: AccessRulesScanner) {
        self.scanner = scanner
    }

    private func failure(_ problem: String) -> AccessRulesError {
        AccessRulesError(line: scanner.line, problem)
    }
}

// MARK: - Sections

extension AccessRulesReader {
    /// Which names a section's rules are about.
    private enum Reach {
        case exact
        case prefix
    }

    private mutating func readSection(_ name: String) throws(AccessRulesError) {
        if let resource = Permission.Resource(rawValue: name), !resource.isNamed {
            return rules.add(resource, try readLevel(of: name, list: false))
        }
        if Self.foreignScalars.contains(name) {
            _ = try readLevel(of: name, list: false)
            return
        }
        if Self.foreignSections.contains(name) {
            return try readNamedRules { _, _ in }
        }
        let isPrefix = name.hasSuffix("_prefix")
        let base = isPrefix ? String(name.dropLast("_prefix".count)) : name
        guard let resource = Permission.Resource(rawValue: base), resource.isNamed else {
            throw failure(
                Self.tenancies.contains(name)
                    ? "there are no namespaces and no partitions"
                    : "unknown rule \"\(name)\", expected one such as service, service_prefix,"
                        + " node, key, query, session, agent, event or operator"
            )
        }
        try readNamedRules(list: resource == .key) { rules, rule in
            if isPrefix {
                rules.add(resource, prefix: rule.name, rule.level)
            } else {
                rules.add(resource, named: rule.name, rule.level)
            }
        }
    }

    private typealias NamedRule = (name: String, level: AccessLevel)

    /// Reads `"name" { policy = "…" }`, or an object or list of such.
    private mutating func readNamedRules(
        list: Bool = false,
        _ add: (inout AccessRules, NamedRule) -> Void
    ) throws(AccessRulesError) {
        if case .text(let name) = try scanner.peek() {
            _ = try scanner.next()
            try skipAssignment()
            add(&rules, (name, try readRule(name, list: list)))
            return
        }
        try skipAssignment()
        try readObjects { reader, name throws(AccessRulesError) in
            try reader.skipAssignment()
            let level = try reader.readRule(name, list: list)
            add(&reader.rules, (name, level))
        }
    }

    /// Reads `{ policy = "…" }`.
    private mutating func readRule(
        _ name: String,
        list: Bool
    ) throws(AccessRulesError) -> AccessLevel {
        ruleCount += 1
        guard ruleCount <= Self.rulesMax else {
            throw failure("a policy must not have more than \(Self.rulesMax) rules")
        }
        let start = try scanner.peek()
        var level: AccessLevel?
        try readObjects { reader, field throws(AccessRulesError) in
            switch field {
            case "policy":
                guard level == nil else { throw reader.failure("policy is given twice") }
                level = try reader.readLevel(of: field, list: list)
            // Intentions belong to the mesh, which does not exist here.
            case "intentions": _ = try reader.readLevel(of: field, list: false)
            case "sentinel": throw reader.failure("sentinel code is not supported")
            default: throw reader.failure("unknown field \"\(field)\", expected policy")
            }
        }
        guard let level else {
            throw failure("the rule about \"\(name)\" has no policy, found \(start.shown)")
        }
        return level
    }

    private mutating func readLevel(
        of field: String,
        list: Bool
    ) throws(AccessRulesError) -> AccessLevel {
        guard try skipAssignment() else {
            throw failure("expected '=' after \(field), found \(try scanner.next().shown)")
        }
        let token = try scanner.next()
        let levels = list ? "deny, read, list or write" : "deny, read or write"
        guard case .text(let text) = token, let level = AccessLevel(rawValue: text),
            list || level != .list
        else {
            throw failure("\(field) must be \(levels) in quotes, found \(token.shown)")
        }
        return level
    }
}

// MARK: - Objects

extension AccessRulesReader {
    private typealias ReadMember = (
        inout AccessRulesReader, _ key: String
    ) throws(AccessRulesError) -> Void

    /// Reads an object, or a list of objects, which mean the same as one.
    private mutating func readObjects(_ read: ReadMember) throws(AccessRulesError) {
        guard try scanner.peek() == .mark(UInt8(ascii: "[")) else { return try readObject(read) }
        _ = try scanner.next()
        while try scanner.peek() != .mark(UInt8(ascii: "]")) {
            try readObject(read)
            try skip(UInt8(ascii: ","))
        }
        _ = try scanner.next()
    }

    private mutating func readObject(_ read: ReadMember) throws(AccessRulesError) {
        let opening = try scanner.next()
        guard opening == .mark(UInt8(ascii: "{")) else {
            throw failure("expected '{', found \(opening.shown)")
        }
        while let key = try key(orUntil: .mark(UInt8(ascii: "}"))) {
            try read(&self, key)
            try skip(UInt8(ascii: ","))
        }
    }

    /// Takes a key, in quotes or not; nil when `end` came instead.
    private mutating func key(
        orUntil end: AccessRulesScanner.Token
    ) throws(AccessRulesError) -> String? {
        let token = try scanner.next()
        switch token {
        case .word(let key), .text(let key): return key
        case end: return nil
        default: throw failure("expected a name or \(end.shown), found \(token.shown)")
        }
    }

    /// Takes the `=` of HCL or the `:` of JSON; false for a block, which has neither.
    @discardableResult
    private mutating func skipAssignment() throws(AccessRulesError) -> Bool {
        if try skip(UInt8(ascii: "=")) { return true }
        return try skip(UInt8(ascii: ":"))
    }

    @discardableResult
    private mutating func skip(_ mark: UInt8) throws(AccessRulesError) -> Bool {
        guard try scanner.peek() == .mark(mark) else { return false }
        _ = try scanner.next()
        return true
    }
}

extension AccessRules {
    /// Reads rules as Consul writes them, in HCL or JSON.
    package init(parsing text: String) throws(AccessRulesError) {
        self = try AccessRulesReader.read(text)
    }
}
