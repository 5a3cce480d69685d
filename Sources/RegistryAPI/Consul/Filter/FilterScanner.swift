/// The bytes of a filter expression, and how far anybody got in reading them.
struct FilterScanner {
    private let bytes: [UInt8]
    var offset = 0
    /// The farthest place at which something was expected and not found, and what.
    private var farthest = 0
    private var expected: Set<String> = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var byte: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func miss(_ terminals: String...) {
        if offset > farthest {
            farthest = offset
            expected = []
        }
        if offset == farthest { expected.formUnion(terminals) }
    }

    // MARK: Errors

    /// The error for an expression that nothing fits.
    var noMatch: FilterError {
        let names =
            expected.subtracting(["EOF"]).sorted() + (expected.contains("EOF") ? ["EOF"] : [])
        let list = names.dropLast().joined(separator: ", ")
        let all =
            names.count > 1 ? "\(list) or \(names[names.count - 1])" : names.first ?? "nothing"
        return error("no match found, expected: \(all)", at: farthest)
    }

    /// `line:column (offset): reason`, columns counted in characters from 1.
    private func error(_ reason: String, at offset: Int) -> FilterError {
        let before = String(decoding: bytes[..<offset], as: UTF8.self).unicodeScalars
        let line = before.count { $0 == "\n" } + 1
        let column = before.reversed().prefix { $0 != "\n" }.count + 1
        return FilterError("\(line):\(column) (\(offset)): \(reason)")
    }

    // MARK: Space and words

    @discardableResult
    mutating func space() -> Bool {
        let start = offset
        while let byte, [0x20, 0x09, 0x0D, 0x0A].contains(byte) { offset += 1 }
        if offset == start { miss(#"[ \t\r\n]"#) }
        return offset > start
    }

    mutating func skipSpace() { space() }

    mutating func atEnd() -> Bool {
        if byte == nil { return true }
        miss("EOF")
        return false
    }

    mutating func word(_ text: String) -> Bool {
        guard bytes[offset...].starts(with: text.utf8) else {
            miss("\"\(text)\"")
            return false
        }
        offset += text.utf8.count
        return true
    }

    /// A word and the space after it.
    mutating func words(_ text: String) -> Bool {
        let start = offset
        if word(text), space() { return true }
        offset = start
        return false
    }

    // MARK: Selectors

    /// `Node.Meta["k"]`, or `"/Node/Meta/k"`.
    mutating func selector() throws(FilterError) -> [String]? {
        if byte == UInt8(ascii: "\"") { return pointer() }
        miss("\"\\\"\"")
        guard let first = identifier() else { return nil }
        var parts = [first]
        while true {
            let start = offset
            if word(".") {
                guard let part = identifier() ?? digits() else {
                    offset = start
                    return parts
                }
                parts.append(part)
            } else if word("[") {
                parts.append(try index())
            } else {
                return parts
            }
        }
    }

    private mutating func identifier() -> String? {
        let start = offset
        guard let first = byte, first.isFilterLetter else {
            miss("[a-zA-Z]")
            return nil
        }
        while let byte, byte.isFilterIdentifier { offset += 1 }
        return text(from: start)
    }

    private mutating func digits() -> String? {
        let start = offset
        while let byte, byte.isFilterDigit { offset += 1 }
        if offset == start { miss("[0-9]") }
        return offset > start ? text(from: start) : nil
    }

    /// What stands between brackets.
    private mutating func index() throws(FilterError) -> String {
        skipSpace()
        guard let key = try string() else { throw error("Invalid index", at: offset) }
        skipSpace()
        guard word("]") else { throw error("Unclosed index expression", at: offset) }
        return key
    }

    /// A JSON pointer (RFC 6901) between double quotes.
    private mutating func pointer() -> [String]? {
        let start = offset
        let body = bytes[(start + 1)...].prefix { $0 != UInt8(ascii: "\"") }
        guard body.endIndex < bytes.count, body.first == UInt8(ascii: "/") else { return nil }
        var parts: [String] = []
        for segment in body.dropFirst().split(
            separator: UInt8(ascii: "/"),
            omittingEmptySubsequences: false
        ) {
            guard let part = Self.unescapedSegment(segment), !part.isEmpty else { return nil }
            parts.append(part)
        }
        offset = body.endIndex + 1
        return parts
    }

    private static func unescapedSegment(_ segment: some Sequence<UInt8>) -> String? {
        var part: [UInt8] = []
        var iterator = segment.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "~") else {
                part.append(byte)
                continue
            }
            switch iterator.next() {
            case UInt8(ascii: "0"): part.append(UInt8(ascii: "~"))
            case UInt8(ascii: "1"): part.append(UInt8(ascii: "/"))
            default: return nil
            }
        }
        return String(validating: part, as: UTF8.self)
    }

    // MARK: Values

    /// A quoted text, a number, or a bare word with dots.
    mutating func value() throws(FilterError) -> String? {
        if let quoted = try string() { return quoted }
        if let number = try number() { return number }
        guard byte?.isFilterLetter == true else {
            miss("[a-zA-Z]")
            return nil
        }
        return try selector()?.joined(separator: ".")
    }

    private mutating func string() throws(FilterError) -> String? {
        let start = offset
        guard let quote = byte, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "`") else {
            miss("\"\\\"\"", "\"`\"")
            return nil
        }
        let body = bytes[(start + 1)...].prefix { $0 != quote }
        guard body.endIndex < bytes.count else {
            throw error("Unterminated string literal", at: start)
        }
        offset = body.endIndex + 1
        let isRaw = quote == UInt8(ascii: "`")
        let content =
            isRaw
            ? String(validating: body.filter { $0 != 0x0D }, as: UTF8.self)
            : GoString.unescaped(body)
        guard let content else { throw error("invalid syntax in a quoted text", at: start) }
        return content
    }

    private mutating func number() throws(FilterError) -> String? {
        let start = offset
        if byte == UInt8(ascii: "-") { offset += 1 } else { miss("\"-\"") }
        guard let first = byte, first.isFilterDigit else {
            miss("\"0\"", "[1-9]")
            offset = start
            return nil
        }
        offset += 1
        if first != UInt8(ascii: "0") { while let byte, byte.isFilterDigit { offset += 1 } }
        let whole = offset
        if byte == UInt8(ascii: ".") {
            offset += 1
            if digits() == nil { offset = whole }
        }
        guard byte == nil || byte == UInt8(ascii: ")") || [0x20, 0x09, 0x0D, 0x0A].contains(byte)
        else { throw error("Invalid number literal", at: start) }
        return text(from: start)
    }

    private func text(from start: Int) -> String {
        String(decoding: bytes[start..<offset], as: UTF8.self)
    }
}
