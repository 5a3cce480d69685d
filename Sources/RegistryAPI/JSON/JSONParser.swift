/// Reads JSON text (RFC 8259) into a tree, strictly.
///
/// There are no comments, no trailing commas, no name twice, no broken Unicode, and the depth is
/// bounded.
struct JSONParser {
    private static let levelsMax = 32
    private var scanner: JSONScanner

    private init(_ bytes: [UInt8]) {
        scanner = JSONScanner(bytes, brokenText: .refused, levelsMax: Self.levelsMax)
    }

    /// Reads the one value that `bytes` are.
    static func parse(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSONValue {
        var parser = JSONParser(bytes)
        guard parser.next() != nil else { throw parser.error("there is no text") }
        let value = try parser.value()
        guard parser.next() == nil else { throw parser.error("text after the end of the value") }
        return value
    }

    /// Reads the one JSON value that the body of a request must be.
    static func parse(body: [UInt8]) throws -> JSONValue {
        guard body.contains(where: { $0 > 0x20 }) else {
            throw APIError(.badRequest, "the body must be a JSON object, but it is empty")
        }
        return try parse(body)
    }

    /// The next byte that is no white space; nil at the end.
    private mutating func next() -> UInt8? {
        scanner.skipSpace()
        return scanner.byte
    }
}

// MARK: - Grammar

extension JSONParser {
    /// Reads the value whose first byte is the next one.
    private mutating func value() throws(JSONSyntaxError) -> JSONValue {
        switch scanner.byte {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case let byte? where JSONScanner.startsNumber(byte): return .number(try number())
        default: throw error("expected a value, \(found)")
        }
    }

    private mutating func object() throws(JSONSyntaxError) -> JSONObject {
        var members: [JSONObject.Member] = []
        try open()
        if next() == UInt8(ascii: "}") {
            scanner.close()
            return JSONObject(members: [])
        }
        members.reserveCapacity(8)
        var names = MemberNames()
        while true {
            guard next() == UInt8(ascii: "\"") else {
                throw error("expected a field name in double quotes, \(found)")
            }
            let start = scanner.offset
            let name = try string()
            guard names.insert(name, into: members) else {
                throw error("the field \"\(name)\" is there twice", at: start)
            }
            guard next() == UInt8(ascii: ":") else {
                throw error("expected ':' after the field name \"\(name)\", \(found)")
            }
            scanner.step()
            scanner.skipSpace()
            members.append(JSONObject.Member(name: name, value: try value()))
            switch next() {
            case UInt8(ascii: ","): scanner.step()
            case UInt8(ascii: "}"):
                scanner.close()
                return JSONObject(members: members)
            default: throw error("expected ',' or '}', \(found)")
            }
        }
    }

    private mutating func array() throws(JSONSyntaxError) -> [JSONValue] {
        var values: [JSONValue] = []
        try open()
        if next() == UInt8(ascii: "]") {
            scanner.close()
            return []
        }
        while true {
            scanner.skipSpace()
            values.append(try value())
            switch next() {
            case UInt8(ascii: ","): scanner.step()
            case UInt8(ascii: "]"):
                scanner.close()
                return values
            default: throw error("expected ',' or ']', \(found)")
            }
        }
    }
}

// MARK: - Words

extension JSONParser {
    private mutating func open() throws(JSONSyntaxError) {
        do { try scanner.open() } catch { throw syntaxError(error) }
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        do { return try scanner.string() } catch { throw syntaxError(error) }
    }

    private mutating func number() throws(JSONSyntaxError) -> String {
        do { return try scanner.number() } catch { throw syntaxError(error) }
    }

    private mutating func literal(
        _ text: String,
        _ value: JSONValue
    ) throws(JSONSyntaxError) -> JSONValue {
        do { try scanner.literal(text) } catch { throw syntaxError(error) }
        return value
    }
}

// MARK: - Messages

extension JSONParser {
    private func error(_ reason: String, at offset: Int? = nil) -> JSONSyntaxError {
        let place = scanner.place(of: offset ?? scanner.offset)
        return JSONSyntaxError(line: place.line, column: place.column, reason: reason)
    }

    private func syntaxError(_ error: JSONScanError) -> JSONSyntaxError {
        let start = error.start
        return switch error.reason {
        case .controlCharacterInString:
            self.error("a control character in a string", at: error.offset)
        case .unknownEscape: self.error("an unknown escape in a string", at: start)
        case .badHexadecimal:
            self.error("\\u must be followed by four hexadecimal digits", at: start)
        case .halfSurrogatePair: self.error("half a surrogate pair", at: start)
        case .stringNotUTF8: self.error("the string is not UTF-8", at: start)
        case .stringCutShort: self.error("the string does not end", at: start)
        case .badLiteral(let text):
            self.error("expected \(text), \(found(at: start))", at: start)
        case .missingDigit: self.error("expected a digit, \(found)")
        case .leadingZero: self.error("a number must not begin with 0", at: start)
        case .tooDeep(let levelsMax): self.error("more than \(levelsMax) levels of nesting")
        }
    }

    private var found: String { found(at: scanner.offset) }

    /// What stands at `offset`, for a message.
    private func found(at offset: Int) -> String {
        guard let byte = scanner.byte(at: offset) else { return "the text ends" }
        let isPrintable = (0x21...0x7E).contains(byte)
        return "found " + (isPrintable ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)")
    }
}

/// The names that an object has had so far.
///
/// Cost: few names are compared one by one, which is cheaper than to hash them; many are hashed, so
/// that an object of a thousand names is no burden.
private struct MemberNames {
    private static let comparedMax = 16
    private var hashed: Set<String> = []

    /// False when one of `members` has the name.
    mutating func insert(_ name: String, into members: [JSONObject.Member]) -> Bool {
        guard members.count >= Self.comparedMax else {
            return !members.contains { $0.name == name }
        }
        if hashed.isEmpty { hashed = Set(members.map(\.name)) }
        return hashed.insert(name).inserted
    }
}
