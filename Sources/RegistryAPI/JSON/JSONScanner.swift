/// Reads the words of JSON text (RFC 8259): strings, numbers and literals, one after the other.
///
/// Why: the native API wants a tree, Consul's bodies are read without one. Both have their own
/// grammar and their own messages over this.
///
/// Cost: one pass over bytes, and one `String` for each string and number.
struct JSONScanner {
    /// What becomes of a string that is no Unicode: wrong UTF-8, or half a surrogate pair.
    enum BrokenText {
        case refused
        /// Each broken part is U+FFFD then.
        case replaced
    }

    private let bytes: [UInt8]
    private let brokenText: BrokenText
    private let levelsMax: Int
    private var level = 0
    /// Where the next byte stands.
    private(set) var offset = 0

    /// - Parameter levelsMax: more brackets inside each other than this are refused.
    init(_ bytes: [UInt8], brokenText: BrokenText, levelsMax: Int) {
        self.bytes = bytes
        self.brokenText = brokenText
        self.levelsMax = levelsMax
    }

    var isEmpty: Bool { bytes.isEmpty }

    /// The next byte; nil at the end of the text.
    var byte: UInt8? { byte(at: offset) }

    func byte(at offset: Int) -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

    /// The line of a byte, and its place in that line, both from 1.
    func place(of offset: Int) -> (line: Int, column: Int) {
        let before = bytes[..<min(offset, bytes.count)]
        let lineStart = (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
        return (before.count { $0 == UInt8(ascii: "\n") } + 1, before.count - lineStart + 1)
    }

    static func startsNumber(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "-") || isDigit(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    // MARK: Between words

    mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { step() }
    }

    /// Steps over the next byte.
    mutating func step() { offset += 1 }

    /// Steps over an opening bracket.
    mutating func open() throws(JSONScanError) {
        guard level < levelsMax else { throw error(.tooDeep(levelsMax: levelsMax), from: offset) }
        level += 1
        step()
    }

    /// Steps over a closing bracket.
    mutating func close() {
        level -= 1
        step()
    }

    // MARK: Words

    /// Steps over `true`, `false` or `null`.
    mutating func literal(_ text: String) throws(JSONScanError) {
        let start = offset
        for wanted in text.utf8 {
            guard byte == wanted else { throw error(.badLiteral(text), from: start) }
            step()
        }
    }

    /// The digits of a number as they stand there.
    mutating func number() throws(JSONScanError) -> String {
        let start = offset
        if byte == UInt8(ascii: "-") { step() }
        let first = byte
        let wholeDigits = try digits(from: start)
        guard first != UInt8(ascii: "0") || wholeDigits == 1 else {
            throw error(.leadingZero, from: start)
        }
        if byte == UInt8(ascii: ".") {
            step()
            _ = try digits(from: start)
        }
        if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            step()
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { step() }
            _ = try digits(from: start)
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    /// Steps over digits and returns how many; there must be one.
    private mutating func digits(from start: Int) throws(JSONScanError) -> Int {
        let first = offset
        while let byte, Self.isDigit(byte) { step() }
        guard offset > first else { throw error(.missingDigit, from: start) }
        return offset - first
    }

    private func error(_ reason: JSONScanError.Reason, from start: Int) -> JSONScanError {
        JSONScanError(reason: reason, start: start, offset: offset)
    }
}

// MARK: - Strings

extension JSONScanner {
    /// The text of a string, whose first quote is the next byte.
    mutating func string() throws(JSONScanError) -> String {
        let start = offset
        step()
        // Bytes between escapes are taken in one piece; without an escape nothing is copied twice.
        var content: [UInt8] = []
        var pieceStart = offset
        var seen: UInt8 = 0
        while let byte {
            seen |= byte
            switch byte {
            case UInt8(ascii: "\""):
                let piece = bytes[pieceStart..<offset]
                step()
                if content.isEmpty {
                    // Plain ASCII is UTF-8: it need not be looked at a second time.
                    if seen < 0x80 { return String(decoding: piece, as: UTF8.self) }
                    return try text(piece, from: start)
                }
                content += piece
                return try text(content[...], from: start)
            case UInt8(ascii: "\\"):
                content += bytes[pieceStart..<offset]
                try escape(into: &content)
                pieceStart = offset
            case 0..<0x20: throw error(.controlCharacterInString, from: start)
            default: step()
            }
        }
        throw error(.stringCutShort, from: start)
    }

    private func text(
        _ content: ArraySlice<UInt8>,
        from start: Int
    ) throws(JSONScanError) -> String {
        switch brokenText {
        case .replaced: return String(decoding: content, as: UTF8.self)
        case .refused:
            guard let text = String(validating: content, as: UTF8.self) else {
                throw error(.stringNotUTF8, from: start)
            }
            return text
        }
    }

    /// Adds the character of the escape whose backslash is the next byte.
    private mutating func escape(into content: inout [UInt8]) throws(JSONScanError) {
        let start = offset
        step()
        guard let byte else { throw error(.stringCutShort, from: start) }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            step()
            content.append(contentsOf: try unicodeEscape(from: start).utf8)
            return
        default: throw error(.unknownEscape, from: start)
        }
        step()
    }

    /// The character of `\uXXXX`, or of a surrogate pair of them; the first `\u` was stepped over.
    private mutating func unicodeEscape(from start: Int) throws(JSONScanError) -> Unicode.Scalar {
        let code = try hexadecimal(from: start)
        if let scalar = Unicode.Scalar(code) { return scalar }
        let firstEnd = offset
        if code < 0xDC00, byte == UInt8(ascii: "\\"), byte(at: offset + 1) == UInt8(ascii: "u") {
            offset += 2
            let low = try hexadecimal(from: start)
            if (0xDC00..<0xE000).contains(low),
                let scalar = Unicode.Scalar(0x10000 + (code - 0xD800) << 10 + (low - 0xDC00))
            {
                return scalar
            }
        }
        guard brokenText == .replaced else { throw error(.halfSurrogatePair, from: start) }
        // What follows the half is read once more, for itself.
        offset = firstEnd
        return "\u{FFFD}"
    }

    private mutating func hexadecimal(from start: Int) throws(JSONScanError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte else { throw error(.stringCutShort, from: start) }
            guard let digit = byte.hexadecimalDigit else {
                throw error(.badHexadecimal, from: start)
            }
            code = code << 4 | UInt32(digit)
            step()
        }
        return code
    }
}
