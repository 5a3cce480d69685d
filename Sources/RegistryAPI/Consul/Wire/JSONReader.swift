internal import ServiceCatalog

/// Reads one JSON text in one pass, the way Consul reads bodies (RFC 8259).
///
/// Why not a general decoder: Consul matches field names in any letter case, refuses unknown fields
/// by name, and takes a duration as text or as a number. The caller asks for what a field should
/// hold, so no tree is built.
struct JSONReader {
    private var scanner: JSONScanner
    /// True from the opening of an object or array until its first element was read.
    private var isFirst = true
    /// The field being read, for messages.
    private var field = ""

    private static let levelsMax = 64

    init(_ bytes: [UInt8]) {
        scanner = JSONScanner(bytes, brokenText: .replaced, levelsMax: Self.levelsMax)
    }

    /// Refuses anything but white space after the value.
    mutating func finish() throws(JSONReadError) {
        if let byte = nextByte() { throw unexpected(byte, "after top-level value") }
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
        do { try scanner.open() } catch { throw readError(error) }
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
            throw unexpected(byte, "looking for beginning of object key string")
        }
        let key = try quotedText()
        let colon = try peek()
        guard colon == UInt8(ascii: ":") else {
            throw unexpected(colon, "after object key")
        }
        scanner.step()
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
            scanner.close()
            isFirst = false
            return false
        }
        if isFirst {
            isFirst = false
            return true
        }
        guard byte == UInt8(ascii: ",") else { throw unexpected(byte, place) }
        scanner.step()
        let next = try peek()
        if next == end { throw unexpected(next, "after a comma") }
        return true
    }

    // MARK: Values

    /// Steps over `null` if it stands there.
    mutating func readNull() throws(JSONReadError) -> Bool {
        guard try peek() == UInt8(ascii: "n") else { return false }
        try readLiteral("null")
        return true
    }

    /// A string; empty for `null`.
    mutating func readString() throws(JSONReadError) -> String {
        if try readNull() { return "" }
        guard try peek() == UInt8(ascii: "\"") else { throw try mismatch("string") }
        return try quotedText()
    }

    /// True or false; false for `null`.
    mutating func readBool() throws(JSONReadError) -> Bool {
        switch try peek() {
        case UInt8(ascii: "t"):
            try readLiteral("true")
            return true
        case UInt8(ascii: "f"):
            try readLiteral("false")
            return false
        default:
            guard try readNull() else { throw try mismatch("bool") }
            return false
        }
    }

    /// A whole number; 0 for `null`.
    mutating func readInt() throws(JSONReadError) -> Int {
        if try readNull() { return 0 }
        guard JSONScanner.startsNumber(try peek()) else { throw try mismatch("int") }
        let text = try digits()
        guard let value = Int(text) else {
            throw .mismatch(found: "number \(text)", field: field, wanted: "int")
        }
        return value
    }

    /// A whole number that is not below 0; 0 for `null`.
    mutating func readUnsigned() throws(JSONReadError) -> UInt64 {
        if try readNull() { return 0 }
        guard JSONScanner.startsNumber(try peek()) else { throw try mismatch("uint64") }
        let text = try digits()
        guard let value = UInt64(text) else {
            throw .mismatch(found: "number \(text)", field: field, wanted: "uint64")
        }
        return value
    }

    /// A delay of locks in milliseconds: text such as `15s`, or a number.
    ///
    /// As in Consul, a number below 1000 is meant in seconds, any other in nanoseconds.
    mutating func readLockDelay() throws(JSONReadError) -> Int {
        guard JSONScanner.startsNumber(try peek()) else { return try readMilliseconds() }
        let text = try digits()
        guard let value = Double(text), value.magnitude < 9e18 else { throw .badDuration(text) }
        return Int(value < 1_000 ? value * 1_000 : value / 1_000_000)
    }

    /// A duration in milliseconds: text such as `1m30s`, or a number of nanoseconds.
    ///
    /// A time above zero is never cut to zero.
    mutating func readMilliseconds() throws(JSONReadError) -> Int {
        if try readNull() { return 0 }
        let nanoseconds: Int
        if try peek() == UInt8(ascii: "\"") {
            let text = try quotedText()
            if text.isEmpty { return 0 }
            guard let value = GoDuration.nanoseconds(text) else { throw .badDuration(text) }
            nanoseconds = value
        } else {
            guard JSONScanner.startsNumber(try peek()) else { throw try mismatch("duration") }
            let text = try digits()
            guard let value = Double(text), value.magnitude < 9e18 else {
                throw .badDuration(text)
            }
            nanoseconds = Int(value)
        }
        let milliseconds = nanoseconds / 1_000_000
        return milliseconds == 0 ? nanoseconds.signum() : milliseconds
    }

    /// Steps over any value; true when it says nothing: `null`, `false`, 0, "" or only such inside.
    mutating func skipValue() throws(JSONReadError) -> Bool {
        var saysNothing = true
        switch try peek() {
        case UInt8(ascii: "{"):
            _ = try enterObject()
            while try nextKey() != nil {
                saysNothing = try skipValue() && saysNothing
            }
        case UInt8(ascii: "["):
            _ = try enterArray()
            while try nextElement() {
                saysNothing = try skipValue() && saysNothing
            }
        case UInt8(ascii: "\""): saysNothing = try quotedText().isEmpty
        case UInt8(ascii: "t"), UInt8(ascii: "f"): saysNothing = try !readBool()
        case UInt8(ascii: "n"): try readLiteral("null")
        case let byte where JSONScanner.startsNumber(byte): saysNothing = Double(try digits()) == 0
        case let byte:
            throw unexpected(byte, "looking for beginning of value")
        }
        return saysNothing
    }
}

// MARK: - Words

extension JSONReader {
    /// The next byte that is no white space; nil at the end.
    private mutating func nextByte() -> UInt8? {
        scanner.skipSpace()
        return scanner.byte
    }

    private mutating func peek() throws(JSONReadError) -> UInt8 {
        guard let byte = nextByte() else { throw scanner.isEmpty ? .empty : .cutShort }
        return byte
    }

    private mutating func readLiteral(_ text: String) throws(JSONReadError) {
        do { try scanner.literal(text) } catch { throw readError(error) }
    }

    /// The digits of the number that stands next.
    private mutating func digits() throws(JSONReadError) -> String {
        do { return try scanner.number() } catch { throw readError(error) }
    }

    /// The text of the string that stands next.
    private mutating func quotedText() throws(JSONReadError) -> String {
        do { return try scanner.string() } catch { throw readError(error) }
    }

    /// The error for a byte that may not stand next.
    private func unexpected(_ byte: UInt8, _ place: String) -> JSONReadError {
        .unexpected(byte, place, at: scanner.offset)
    }

    private func readError(_ error: JSONScanError) -> JSONReadError {
        func unexpected(_ place: String, at offset: Int) -> JSONReadError {
            guard let byte = scanner.byte(at: offset) else { return .cutShort }
            return .unexpected(byte, place, at: offset)
        }
        return switch error.reason {
        case .controlCharacterInString: unexpected("in string literal", at: error.offset)
        case .unknownEscape: unexpected("in string escape code", at: error.offset)
        case .badHexadecimal: unexpected("in \\u hexadecimal escape", at: error.offset)
        case .badLiteral(let text): unexpected("in literal \(text)", at: error.offset)
        case .missingDigit, .leadingZero: unexpected("in numeric literal", at: error.start)
        case .tooDeep: .tooDeep(at: error.offset)
        // The scanner replaces broken text here, so only the text's end is left.
        case .stringCutShort, .halfSurrogatePair, .stringNotUTF8: .cutShort
        }
    }

    /// The error for a value of another type than asked for.
    private mutating func mismatch(_ wanted: String) throws(JSONReadError) -> JSONReadError {
        let found: String
        switch try peek() {
        case UInt8(ascii: "{"): found = "object"
        case UInt8(ascii: "["): found = "array"
        case UInt8(ascii: "\""): found = "string"
        case UInt8(ascii: "t"), UInt8(ascii: "f"): found = "bool"
        case let byte where JSONScanner.startsNumber(byte): found = "number"
        case let byte: return unexpected(byte, "looking for beginning of value")
        }
        return .mismatch(found: found, field: field, wanted: wanted)
    }
}
