/// Cuts a master file into entries: comments, quotes, escapes and parentheses are resolved here.
///
/// Why: libldns reads single records well, but counts lines wrongly across parentheses. Knowing the
/// line of every field is what makes an error worth reading.
/// RFC 1035 §5.1.
struct ZoneEntryScanner {
    private let bytes: [UInt8]
    private let file: String
    private var offset = 0
    private var line = 1

    init(bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
        // A byte order mark is what some editors put before the text.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
    }

    /// The next entry that is not empty; nil at the end of the file.
    mutating func next() throws(ZoneFileError) -> ZoneEntry? {
        while offset < bytes.count {
            let entry = try scanEntry()
            if !entry.tokens.isEmpty { return entry }
        }
        return nil
    }

    private mutating func scanEntry() throws(ZoneFileError) -> ZoneEntry {
        var entry = ZoneEntry(line: line, startsBlank: isBlank(bytes[offset]), tokens: [])
        var openLines: [Int] = []
        while offset < bytes.count {
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\n"):
                offset += 1
                line += 1
                if openLines.isEmpty { return entry }
            case UInt8(ascii: ";"):
                skipComment()
            case UInt8(ascii: "("):
                offset += 1
                openLines.append(line)
            case UInt8(ascii: ")"):
                guard openLines.popLast() != nil else {
                    throw fault("')' without '(' before it", line)
                }
                offset += 1
            case UInt8(ascii: "\""):
                entry.tokens.append(try scanQuoted())
            default:
                if isBlank(byte) {
                    offset += 1
                } else {
                    entry.tokens.append(try scanPlain())
                }
            }
            guard entry.tokens.count <= ZoneFileLimits.tokensPerEntryMax else {
                let max = ZoneFileLimits.tokensPerEntryMax
                throw fault("the record has more than \(max) fields", entry.line)
            }
        }
        if let open = openLines.first {
            throw fault("'(' is never closed; expected ')' before the end of the file", open)
        }
        return entry
    }

    private mutating func skipComment() {
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") { offset += 1 }
    }

    private mutating func scanQuoted() throws(ZoneFileError) -> ZoneEntry.Token {
        var text: [UInt8] = []
        try scanQuotes(into: &text)
        return ZoneEntry.Token(
            text: String(decoding: text, as: UTF8.self),
            isQuoted: true,
            line: line
        )
    }

    private mutating func scanPlain() throws(ZoneFileError) -> ZoneEntry.Token {
        var text: [UInt8] = []
        while offset < bytes.count, !endsPlain(bytes[offset]) {
            if bytes[offset] == UInt8(ascii: "\"") {
                // `key="value"` of SVCB is one field (RFC 9460 §2.1); else a quote opens another.
                guard text.last == UInt8(ascii: "=") else { break }
                text.append(UInt8(ascii: "\""))
                try scanQuotes(into: &text)
                text.append(UInt8(ascii: "\""))
            } else {
                try scanCharacter(into: &text)
            }
        }
        return ZoneEntry.Token(
            text: String(decoding: text, as: UTF8.self),
            isQuoted: false,
            line: line
        )
    }

    /// Reads from the opening quote to the closing one and appends what is between them.
    private mutating func scanQuotes(into text: inout [UInt8]) throws(ZoneFileError) {
        offset += 1
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") {
            if bytes[offset] == UInt8(ascii: "\"") {
                offset += 1
                return
            }
            try scanCharacter(into: &text)
        }
        throw fault("a quoted string does not end; expected '\"' before the end of the line", line)
    }

    private mutating func scanCharacter(into text: inout [UInt8]) throws(ZoneFileError) {
        let byte = bytes[offset]
        offset += 1
        guard byte != 0 else {
            throw fault("a NUL byte; expected text (write \\000 for this byte in a name)", line)
        }
        guard byte == UInt8(ascii: "\\") else {
            appendPrintable(byte, to: &text)
            return
        }
        guard offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") else {
            throw fault("a backslash at the end of the line; expected a character after it", line)
        }
        let escaped = bytes[offset]
        offset += 1
        guard isDigit(escaped) else {
            if (0x21...0x7E).contains(escaped) {
                text += [UInt8(ascii: "\\"), escaped]
            } else {
                appendDecimal(escaped, to: &text)
            }
            return
        }
        guard offset + 1 < bytes.count, isDigit(bytes[offset]), isDigit(bytes[offset + 1]),
            let value = UInt8(String(decoding: bytes[offset - 1...offset + 1], as: UTF8.self))
        else { throw fault("a bad escape; expected three digits up to \\255", line) }
        offset += 2
        appendDecimal(value, to: &text)
    }

    private func appendPrintable(_ byte: UInt8, to text: inout [UInt8]) {
        if (0x20...0x7E).contains(byte) {
            text.append(byte)
        } else {
            appendDecimal(byte, to: &text)
        }
    }

    private func appendDecimal(_ byte: UInt8, to text: inout [UInt8]) {
        let zero = UInt8(ascii: "0")
        text += [
            UInt8(ascii: "\\"), zero + byte / 100, zero + byte / 10 % 10, zero + byte % 10,
        ]
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// Space, tab, and the carriage return of files from elsewhere.
    private func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D
    }

    private func endsPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\n"), UInt8(ascii: ";"), UInt8(ascii: "("), UInt8(ascii: ")"): true
        default: isBlank(byte)
        }
    }

    private func fault(_ message: String, _ line: Int) -> ZoneFileError {
        ZoneFileError(file: file, line: line, message: message)
    }
}
