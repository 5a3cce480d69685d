/// Cuts the text of rules into tokens: HCL and JSON have the same ones here.
struct AccessRulesScanner {
    enum Token: Hashable {
        /// A name without quotes.
        case word(String)
        /// A text in quotes.
        case text(String)
        /// One of `{ } [ ] = : ,`.
        case mark(UInt8)
        case end

        var shown: String {
            switch self {
            case .word(let word): "\"\(word)\""
            case .text(let text): "the text \"\(text)\""
            case .mark(let byte): "'\(Character(UnicodeScalar(byte)))'"
            case .end: "the end"
            }
        }
    }

    private let bytes: [UInt8]
    private var position = 0
    /// The line of the token that `next` returned last, from 1.
    private(set) var line = 1
    private var lineOfPosition = 1

    init(_ text: String) {
        self.bytes = Array(text.utf8)
    }

    /// Takes the next token.
    mutating func next() throws(AccessRulesError) -> Token {
        try skipBlanks()
        line = lineOfPosition
        guard position < bytes.count else { return .end }
        let byte = bytes[position]
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"),
            UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: ","):
            position += 1
            return .mark(byte)
        case UInt8(ascii: "\""):
            position += 1
            return .text(try quotedText())
        default:
            return .word(try word())
        }
    }

    /// What comes next, without taking it.
    func peek() throws(AccessRulesError) -> Token {
        var copy = self
        return try copy.next()
    }

    private func failure(_ problem: String) -> AccessRulesError {
        AccessRulesError(line: lineOfPosition, problem)
    }

    private func hasComment(_ opening: String) -> Bool {
        bytes[position...].starts(with: opening.utf8)
    }

    private mutating func skipBlanks() throws(AccessRulesError) {
        while position < bytes.count {
            let byte = bytes[position]
            if byte == 0x0A { lineOfPosition += 1 }
            if byte == 0x0A || byte == 0x20 || byte == 0x09 || byte == 0x0D {
                position += 1
            } else if byte == UInt8(ascii: "#") || hasComment("//") {
                position = bytes[position...].firstIndex(of: 0x0A) ?? bytes.count
            } else if hasComment("/*") {
                try skipLongComment()
            } else {
                return
            }
        }
    }

    private mutating func skipLongComment() throws(AccessRulesError) {
        let opening = failure("a comment that begins with /* has no */")
        position += 2
        while position < bytes.count {
            if hasComment("*/") {
                position += 2
                return
            }
            if bytes[position] == 0x0A { lineOfPosition += 1 }
            position += 1
        }
        throw opening
    }

    private mutating func word() throws(AccessRulesError) -> String {
        let start = position
        while position < bytes.count, Self.isWordByte(bytes[position]) { position += 1 }
        guard position > start else {
            let byte = bytes[position]
            throw failure(
                (0x21...0x7E).contains(byte)
                    ? "unexpected '\(Character(UnicodeScalar(byte)))'" : "unexpected character"
            )
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }
}

// MARK: - Text in quotes

extension AccessRulesScanner {
    /// The rest of a text, its opening quote taken.
    private mutating func quotedText() throws(AccessRulesError) -> String {
        let unclosed = failure("a text has no closing quote")
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: text, as: UTF8.self) else {
                    throw failure("a text is not UTF-8")
                }
                return text
            case 0x0A, 0x0D: throw unclosed
            case 0x00...0x1F: throw failure("a text has a control character")
            case UInt8(ascii: "\\"): text.append(contentsOf: try escaped())
            default: text.append(byte)
            }
        }
        throw unclosed
    }

    /// What an escape stands for, its backslash taken.
    private mutating func escaped() throws(AccessRulesError) -> [UInt8] {
        guard position < bytes.count else { throw failure("a text ends after a backslash") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "u"):
            let first = try codeUnit()
            guard UTF16.isLeadSurrogate(first) else { return try utf8([first]) }
            guard bytes[position...].starts(with: "\\u".utf8) else { return try utf8([first]) }
            position += 2
            return try utf8([first, try codeUnit()])
        default: throw failure("a text has an unknown escape after a backslash")
        }
    }

    private mutating func codeUnit() throws(AccessRulesError) -> UInt16 {
        let digits = String(decoding: bytes[position...].prefix(4), as: UTF8.self)
        guard digits.utf8.count == 4, digits.utf8.first != UInt8(ascii: "+"),
            let unit = UInt16(digits, radix: 16)
        else {
            throw failure("\\u must have four hexadecimal digits")
        }
        position += 4
        return unit
    }

    private func utf8(_ units: [UInt16]) throws(AccessRulesError) -> [UInt8] {
        guard let text = String(validating: units, as: UTF16.self) else {
            throw failure("\\u names half a character")
        }
        return Array(text.utf8)
    }
}
