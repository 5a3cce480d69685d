/// Reads one JSON text in one pass, the way Consul reads bodies (RFC 8259).
///
/// Why not a general decoder: Consul matches field names in any letter case, refuses unknown fields by
/// name, and takes a duration as text or as a number. The caller asks for what a field should hold, so no
/// tree is built.
struct JSONReader {
    private let bytes: [UInt8]
    private var offset = 0
    /// True from the opening of an object or array until its first element was read.
    private var isFirst = true
    /// The field being read, for messages.
    private var field = ""

    /// More brackets inside each other than this are refused.
    private static let depthMax = 64

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Refuses anything but white space after the value.
    mutating func finish() throws(JSONReadError) {
        if let byte = nextByte() { throw .unexpected(byte, "after top-level value", at: offset) }
    }

    // MARK: Objects and arrays

    /// Steps into an object; false when `null` stands there instead.
    mutating func enterObject() throws(JSONReadError) -> Bool {
        try enter(UInt8(ascii: "{"), "object")
    }

    /// Steps into an array; false when `null` stands there instead.
    mutating func enterArray() throws(JSONReadError) -> Bool {
        try enter(UInt8(ascii: "["), "array")
    }

    private mutating func enter(
        _ bracket: UInt8,
        _ type: String
    ) throws(JSONReadError) -> Bool {
        if try readNull() { return false }
        guard try peek() == bracket else { throw try mismatch(type) }
        offset += 1
        isFirst = true
        return true
    }

    /// The next field's name, its value stands next; nil at the object's end, which it steps over.
    mutating func nextKey() throws(JSONReadError) -> String? {
        guard try hasNext(before: UInt8(ascii: "}"), "after object key:value pair") else {
            return nil
        }
        let byte = try peek()
        guard byte == UInt8(ascii: "\"") else {
            throw .unexpected(byte, "looking for beginning of object key string", at: offset)
        }
        let key = try scanString()
        let colon = try peek()
        guard colon == UInt8(ascii: ":") else {
            throw .unexpected(colon, "after object key", at: offset)
        }
        offset += 1
        field = key
        return key
    }

    /// True when an element stands next; false at the array's end, which it steps over.
    mutating func nextElement() throws(JSONReadError) -> Bool {
        try hasNext(before: UInt8(ascii: "]"), "after array element")
    }

    private mutating func hasNext(
        before end: UInt8,
        _ place: String
    ) throws(JSONReadError) -> Bool {
        let byte = try peek()
        if byte == end {
            offset += 1
            isFirst = false
            return false
        }
        if isFirst {
            isFirst = false
            return true
        }
        guard byte == UInt8(ascii: ",") else { throw .unexpected(byte, place, at: offset) }
        offset += 1
        let next = try peek()
        if next == end { throw .unexpected(next, "after a comma", at: offset) }
        return true
    }

    // MARK: Values

    /// Steps over `null` if it stands there.
    mutating func readNull() throws(JSONReadError) -> Bool {
        guard try peek() == UInt8(ascii: "n") else { return false }
        try expectLiteral("null")
        return true
    }

    /// A string; empty for `null`.
    mutating func readString() throws(JSONReadError) -> String {
        if try readNull() { return "" }
        guard try peek() == UInt8(ascii: "\"") else { throw try mismatch("string") }
        return try scanString()
    }

    /// True or false; false for `null`.
    mutating func readBool() throws(JSONReadError) -> Bool {
        switch try peek() {
        case UInt8(ascii: "t"):
            try expectLiteral("true")
            return true
        case UInt8(ascii: "f"):
            try expectLiteral("false")
            return false
        default:
            guard try readNull() else { throw try mismatch("bool") }
            return false
        }
    }

    /// A whole number; 0 for `null`.
    mutating func readInt() throws(JSONReadError) -> Int {
        if try readNull() { return 0 }
        guard Self.startsNumber(try peek()) else { throw try mismatch("int") }
        let text = try scanNumber()
        guard let value = Int(text) else {
            throw .mismatch(found: "number \(text)", field: field, wanted: "int")
        }
        return value
    }

    /// A duration in milliseconds: text such as `1m30s`, or a number of nanoseconds.
    ///
    /// A time above zero is never cut to zero.
    mutating func readMilliseconds() throws(JSONReadError) -> Int {
        if try readNull() { return 0 }
        let nanoseconds: Int
        if try peek() == UInt8(ascii: "\"") {
            let text = try scanString()
            if text.isEmpty { return 0 }
            guard let value = GoDuration.nanoseconds(text) else { throw .badDuration(text) }
            nanoseconds = value
        } else {
            guard Self.startsNumber(try peek()) else { throw try mismatch("duration") }
            let text = try scanNumber()
            guard let value = Double(text), value.magnitude < 9e18 else {
                throw .badDuration(text)
            }
            nanoseconds = Int(value)
        }
        let milliseconds = nanoseconds / 1_000_000
        return milliseconds == 0 ? nanoseconds.signum() : milliseconds
    }

    /// The strings of an array; empty for `null`.
    mutating func readStrings() throws(JSONReadError) -> [String] {
        var strings: [String] = []
        guard try enterArray() else { return strings }
        while try nextElement() { strings.append(try readString()) }
        return strings
    }

    /// The pairs of an object of strings; empty for `null`.
    mutating func readStringMap() throws(JSONReadError) -> [String: String] {
        var map: [String: String] = [:]
        guard try enterObject() else { return map }
        while let key = try nextKey() { map[key] = try readString() }
        return map
    }

    /// The pairs of an object of string lists; empty for `null`.
    mutating func readStringListMap() throws(JSONReadError) -> [String: [String]] {
        var map: [String: [String]] = [:]
        guard try enterObject() else { return map }
        while let key = try nextKey() { map[key] = try readStrings() }
        return map
    }

    /// Steps over any value; true when it says nothing: `null`, `false`, 0, "" or only such inside.
    mutating func skipValue() throws(JSONReadError) -> Bool {
        try skipValue(depth: 0)
    }

    private mutating func skipValue(depth: Int) throws(JSONReadError) -> Bool {
        guard depth < Self.depthMax else { throw .tooDeep(at: offset) }
        var saysNothing = true
        switch try peek() {
        case UInt8(ascii: "{"):
            _ = try enterObject()
            while try nextKey() != nil {
                saysNothing = try skipValue(depth: depth + 1) && saysNothing
            }
        case UInt8(ascii: "["):
            _ = try enterArray()
            while try nextElement() {
                saysNothing = try skipValue(depth: depth + 1) && saysNothing
            }
        case UInt8(ascii: "\""): saysNothing = try scanString().isEmpty
        case UInt8(ascii: "t"), UInt8(ascii: "f"): saysNothing = try !readBool()
        case UInt8(ascii: "n"): try expectLiteral("null")
        case let byte where Self.startsNumber(byte): saysNothing = Double(try scanNumber()) == 0
        case let byte:
            throw .unexpected(byte, "looking for beginning of value", at: offset)
        }
        return saysNothing
    }
}

// MARK: - Scanning

extension JSONReader {
    /// The next byte that is no white space; nil at the end.
    private mutating func nextByte() -> UInt8? {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            case let byte: return byte
            }
        }
        return nil
    }

    private mutating func peek() throws(JSONReadError) -> UInt8 {
        guard let byte = nextByte() else { throw bytes.isEmpty ? .empty : .cutShort }
        return byte
    }

    private static func startsNumber(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte)
    }

    private mutating func expectLiteral(_ literal: String) throws(JSONReadError) {
        for byte in literal.utf8 {
            guard offset < bytes.count else { throw .cutShort }
            guard bytes[offset] == byte else {
                throw .unexpected(bytes[offset], "in literal \(literal)", at: offset)
            }
            offset += 1
        }
    }

    /// The text of a number, which stands next.
    private mutating func scanNumber() throws(JSONReadError) -> String {
        let start = offset
        scan: while offset < bytes.count {
            switch bytes[offset] {
            case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                offset += 1
            default: break scan
            }
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        guard Double(text) != nil else {
            throw .unexpected(bytes[start], "in numeric literal", at: start)
        }
        return text
    }

    /// The text of a string, whose first quote stands next; what is no UTF-8 becomes U+FFFD.
    private mutating func scanString() throws(JSONReadError) -> String {
        offset += 1
        let start = offset
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                offset += 1
                return String(decoding: bytes[start..<offset - 1], as: UTF8.self)
            case UInt8(ascii: "\\"):
                return try scanEscapedString(from: start)
            case 0..<0x20:
                throw .unexpected(bytes[offset], "in string literal", at: offset)
            default:
                offset += 1
            }
        }
        throw .cutShort
    }

    private mutating func scanEscapedString(from start: Int) throws(JSONReadError) -> String {
        var text = Array(bytes[start..<offset])
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try scanEscape(&text)
            case 0..<0x20: throw .unexpected(byte, "in string literal", at: offset - 1)
            default: text.append(byte)
            }
        }
        throw .cutShort
    }

    private mutating func scanEscape(_ text: inout [UInt8]) throws(JSONReadError) {
        guard offset < bytes.count else { throw .cutShort }
        let byte = bytes[offset]
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(try scanUnicodeEscape()).utf8)
        default: throw .unexpected(byte, "in string escape code", at: offset - 1)
        }
    }

    /// The character of `\uXXXX`, or of a pair of them; a lone half of a pair becomes U+FFFD.
    private mutating func scanUnicodeEscape() throws(JSONReadError) -> Character {
        let first = try scanHexadecimal()
        if let scalar = Unicode.Scalar(first) { return Character(scalar) }
        guard (0xD800..<0xDC00).contains(first), offset + 6 <= bytes.count,
            bytes[offset] == UInt8(ascii: "\\"), bytes[offset + 1] == UInt8(ascii: "u")
        else { return "\u{FFFD}" }
        let back = offset
        offset += 2
        let second = try scanHexadecimal()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else {
            offset = back
            return "\u{FFFD}"
        }
        return Character(scalar)
    }

    private mutating func scanHexadecimal() throws(JSONReadError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard offset < bytes.count else { throw .cutShort }
            guard let digit = Character(Unicode.Scalar(bytes[offset])).hexDigitValue else {
                throw .unexpected(bytes[offset], "in \\u hexadecimal escape", at: offset)
            }
            value = value << 4 | UInt32(digit)
            offset += 1
        }
        return value
    }

    /// The error for a value of another type than asked for.
    private mutating func mismatch(_ wanted: String) throws(JSONReadError) -> JSONReadError {
        let found: String
        switch try peek() {
        case UInt8(ascii: "{"): found = "object"
        case UInt8(ascii: "["): found = "array"
        case UInt8(ascii: "\""): found = "string"
        case UInt8(ascii: "t"), UInt8(ascii: "f"): found = "bool"
        case let byte where Self.startsNumber(byte): found = "number"
        case let byte: return .unexpected(byte, "looking for beginning of value", at: offset)
        }
        return .mismatch(found: found, field: field, wanted: wanted)
    }
}
