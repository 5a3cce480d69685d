/// Reads JSON text (RFC 8259) strictly: no comments, no trailing commas, no name twice, bounded depth.
struct JSONParser {
    private static let depthMax = 32
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads the one value that `bytes` are.
    static func parse(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSONValue {
        var parser = JSONParser(bytes)
        parser.skipSpace()
        guard parser.current != nil else { throw parser.error("there is no text") }
        let value = try parser.value()
        parser.skipSpace()
        guard parser.current == nil else { throw parser.error("text after the end of the value") }
        return value
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func error(_ reason: String, at place: Int? = nil) -> JSONSyntaxError {
        let place = min(place ?? position, bytes.count)
        let before = bytes[..<place]
        let lineStart = (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
        return JSONSyntaxError(
            line: before.count { $0 == UInt8(ascii: "\n") } + 1,
            column: place - lineStart + 1,
            reason: reason
        )
    }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            position += 1
        }
    }

    /// What stands at the current position, for a message.
    private var found: String {
        guard let byte = current else { return "the text ends" }
        let isPrintable = (0x21...0x7E).contains(byte)
        return "found " + (isPrintable ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)")
    }
}

// MARK: - Values

extension JSONParser {
    private mutating func value() throws(JSONSyntaxError) -> JSONValue {
        switch current {
        case UInt8(ascii: "{"):
            return try nested { parser throws(JSONSyntaxError) in
                .object(try parser.object())
            }
        case UInt8(ascii: "["):
            return try nested { parser throws(JSONSyntaxError) in
                .array(try parser.array())
            }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"): return .number(try number())
        case let byte? where (0x30...0x39).contains(byte): return .number(try number())
        default: throw error("expected a value, \(found)")
        }
    }

    private mutating func nested(
        _ read: (inout JSONParser) throws(JSONSyntaxError) -> JSONValue
    ) throws(JSONSyntaxError) -> JSONValue {
        guard depth < Self.depthMax else {
            throw error("more than \(Self.depthMax) levels of nesting")
        }
        depth += 1
        defer { depth -= 1 }
        position += 1
        return try read(&self)
    }

    private mutating func object() throws(JSONSyntaxError) -> JSONObject {
        var members: [JSONObject.Member] = []
        var names = Set<String>()
        skipSpace()
        if current == UInt8(ascii: "}") {
            position += 1
            return JSONObject(members: [])
        }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else {
                throw error("expected a field name in double quotes, \(found)")
            }
            let start = position
            let name = try string()
            guard names.insert(name).inserted else {
                throw error("the field \"\(name)\" is there twice", at: start)
            }
            skipSpace()
            guard current == UInt8(ascii: ":") else {
                throw error("expected ':' after the field name \"\(name)\", \(found)")
            }
            position += 1
            skipSpace()
            members.append(JSONObject.Member(name: name, value: try value()))
            skipSpace()
            switch current {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "}"):
                position += 1
                return JSONObject(members: members)
            default: throw error("expected ',' or '}', \(found)")
            }
        }
    }

    private mutating func array() throws(JSONSyntaxError) -> [JSONValue] {
        var values: [JSONValue] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            position += 1
            return []
        }
        while true {
            skipSpace()
            values.append(try value())
            skipSpace()
            switch current {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"):
                position += 1
                return values
            default: throw error("expected ',' or ']', \(found)")
            }
        }
    }

    private mutating func word(
        _ word: StaticString,
        _ value: JSONValue
    ) throws(JSONSyntaxError) -> JSONValue {
        let text = "\(word)"
        guard bytes[position...].starts(with: text.utf8) else {
            throw error("expected \(text), \(found)")
        }
        position += text.utf8.count
        return value
    }

    private mutating func number() throws(JSONSyntaxError) -> String {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        let whole = digits()
        guard whole > 0 else { throw error("expected a digit, \(found)") }
        guard whole == 1 || bytes[position - whole] != UInt8(ascii: "0") else {
            throw error("a number must not begin with 0", at: start)
        }
        if current == UInt8(ascii: ".") {
            position += 1
            guard digits() > 0 else { throw error("expected a digit, \(found)") }
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            guard digits() > 0 else { throw error("expected a digit, \(found)") }
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Skips digits and returns how many.
    private mutating func digits() -> Int {
        let start = position
        while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
        return position - start
    }
}

// MARK: - Strings

extension JSONParser {
    private mutating func string() throws(JSONSyntaxError) -> String {
        let start = position
        position += 1
        var content: [UInt8] = []
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw error("the string is not UTF-8", at: start)
                }
                return text
            case UInt8(ascii: "\\"): try escape(into: &content)
            case 0..<0x20: throw error("a control character in a string", at: position - 1)
            default: content.append(byte)
            }
        }
        throw error("the string does not end", at: start)
    }

    private mutating func escape(into content: inout [UInt8]) throws(JSONSyntaxError) {
        let start = position - 1
        guard let byte = current else { throw error("the string does not end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexadecimal(start)
            if (0xD800..<0xDC00).contains(code), current == UInt8(ascii: "\\"),
                position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u")
            {
                position += 2
                let low = try hexadecimal(start)
                guard (0xDC00..<0xE000).contains(low) else {
                    throw error("half a surrogate pair", at: start)
                }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else {
                throw error("half a surrogate pair", at: start)
            }
            content.append(contentsOf: String(Character(scalar)).utf8)
        default: throw error("an unknown escape in a string", at: start)
        }
    }

    private mutating func hexadecimal(_ start: Int) throws(JSONSyntaxError) -> UInt32 {
        guard position + 4 <= bytes.count else { throw error("the string does not end") }
        let text = String(decoding: bytes[position..<position + 4], as: UTF8.self)
        guard text.allSatisfy(\.isHexDigit), let code = UInt32(text, radix: 16) else {
            throw error("\\u must be followed by four hexadecimal digits", at: start)
        }
        position += 4
        return code
    }
}
