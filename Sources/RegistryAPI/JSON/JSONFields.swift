internal import ServiceCatalog

/// Reads the fields of one JSON object, and refuses with the field's path what it should not have.
struct JSONFields: Sendable {
    /// Where the object stands; empty for the outermost one.
    let path: String
    private let members: [JSONObject.Member]

    /// - Parameter known: the names of all fields that may be there.
    init(
        _ object: JSONObject,
        path: String = "",
        known: [String]
    ) throws(FieldError) {
        self.path = path
        self.members = object.members
        for member in object.members {
            guard known.contains(member.name) else {
                throw FieldError(
                    Self.join(path, member.name),
                    "is not a known field",
                    hint: Self.nearest(to: member.name, in: known).map { "did you mean \"\($0)\"?" }
                        ?? "known fields: \(known.sorted().joined(separator: ", "))"
                )
            }
        }
    }

    /// - Throws: `FieldError` when `value` is no object.
    init(
        _ value: JSONValue,
        path: String = "",
        known: [String]
    ) throws(FieldError) {
        guard case .object(let object) = value else {
            throw FieldError(path.isEmpty ? "body" : path, Self.expected("an object", value))
        }
        try self.init(object, path: path, known: known)
    }

    static func join(_ path: String, _ name: String) -> String {
        path.isEmpty ? name : "\(path).\(name)"
    }

    static func expected(_ what: String, _ value: JSONValue) -> String {
        "must be \(what), not \(value.kindName)"
    }
}

// MARK: - Reading

extension JSONFields {
    /// The path of a field, for messages.
    func path(of name: String) -> String { Self.join(path, name) }

    /// The value of a field; nil when it is not there or null.
    func value(_ name: String) -> JSONValue? {
        // As many as there are known names at most: looking through them is cheaper than hashing.
        guard let member = members.first(where: { $0.name == name }) else { return nil }
        if case .null = member.value { return nil }
        return member.value
    }

    func missing(_ name: String) -> FieldError {
        FieldError(path(of: name), "is required")
    }

    private func wrong(_ name: String, _ what: String, _ value: JSONValue) -> FieldError {
        FieldError(path(of: name), Self.expected(what, value))
    }

    func string(_ name: String) throws(FieldError) -> String? {
        guard let value = value(name) else { return nil }
        guard case .string(let text) = value else { throw wrong(name, "a string", value) }
        return text
    }

    func bool(_ name: String) throws(FieldError) -> Bool? {
        guard let value = value(name) else { return nil }
        guard case .bool(let flag) = value else { throw wrong(name, "true or false", value) }
        return flag
    }

    func integer(_ name: String) throws(FieldError) -> Int? {
        guard let value = value(name) else { return nil }
        guard case .number(let text) = value else { throw wrong(name, "a number", value) }
        guard let number = Int(text) ?? Double(text).flatMap({ Int(exactly: $0) }) else {
            throw FieldError(path(of: name), "must be a whole number, not \(text)")
        }
        return number
    }

    func strings(_ name: String) throws(FieldError) -> [String]? {
        guard let value = value(name) else { return nil }
        return try strings(value, name)
    }

    private func strings(_ value: JSONValue, _ name: String) throws(FieldError) -> [String] {
        guard case .array(let elements) = value else {
            throw wrong(name, "an array of strings", value)
        }
        var texts: [String] = []
        texts.reserveCapacity(elements.count)
        for (position, element) in elements.enumerated() {
            guard case .string(let text) = element else {
                throw wrong("\(name)[\(position)]", "a string", element)
            }
            texts.append(text)
        }
        return texts
    }

    /// An object whose values are all strings.
    func stringMap(_ name: String) throws(FieldError) -> [String: String]? {
        guard let value = value(name) else { return nil }
        guard case .object(let object) = value else {
            throw wrong(name, "an object with string values", value)
        }
        var map: [String: String] = [:]
        for member in object.members {
            guard case .string(let text) = member.value else {
                throw wrong("\(name).\(member.name)", "a string", member.value)
            }
            map[member.name] = text
        }
        return map
    }

    /// An object whose values are strings or arrays of them.
    func stringListMap(_ name: String) throws(FieldError) -> [String: [String]]? {
        guard let value = value(name) else { return nil }
        guard case .object(let object) = value else {
            throw wrong(name, "an object with arrays of strings", value)
        }
        var map: [String: [String]] = [:]
        for member in object.members {
            switch member.value {
            case .string(let text): map[member.name] = [text]
            case .null: map[member.name] = []
            default: map[member.name] = try strings(member.value, "\(name).\(member.name)")
            }
        }
        return map
    }

    func array(_ name: String) throws(FieldError) -> [JSONValue]? {
        guard let value = value(name) else { return nil }
        guard case .array(let elements) = value else { throw wrong(name, "an array", value) }
        return elements
    }

    /// A time: a string as Go spells it, or a number of `unitNanoseconds`.
    func milliseconds(_ name: String, unitNanoseconds: Int) throws(FieldError) -> Int? {
        guard let value = value(name) else { return nil }
        switch value {
        case .string(let text):
            if let milliseconds = GoDuration.milliseconds(text) { return milliseconds }
        case .number(let text):
            let nanoseconds = (Double(text) ?? .nan) * Double(unitNanoseconds)
            if nanoseconds.magnitude < 9e18 { return Int(nanoseconds / 1_000_000) }
        default: break
        }
        throw FieldError(
            path(of: name),
            "must be a time such as \"10s\", \"1m30s\" or \"500ms\""
        )
    }
}

// MARK: - Suggestions

extension JSONFields {
    /// The one of `known` that `name` was probably meant to be.
    static func nearest(to name: String, in known: [String]) -> String? {
        let scored = known.map { ($0, distance(Array(name.lowercased()), Array($0.lowercased()))) }
        // Two letters that changed places are two changes.
        let changesMax = name.count < 4 ? 1 : max(2, name.count / 3)
        guard let best = scored.min(by: { $0.1 < $1.1 }), best.1 <= changesMax else { return nil }
        return best.0
    }

    /// How many characters must be put in, taken out or changed.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        guard left.count <= 64 else { return Int.max }
        var row = Array(0...right.count)
        for (line, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for (column, other) in right.enumerated() {
                let changed = diagonal + (character == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, row[column] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
