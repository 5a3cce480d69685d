internal import ServiceCatalog

/// Writes JSON straight into bytes, fields in the order of the calls.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    /// True when a comma must stand before the next field or element.
    private var needsComma = false

    init(capacity: Int = 512) {
        bytes.reserveCapacity(capacity)
    }

    mutating func beginObject() { open(UInt8(ascii: "{")) }
    mutating func endObject() { close(UInt8(ascii: "}")) }
    mutating func beginArray() { open(UInt8(ascii: "[")) }
    mutating func endArray() { close(UInt8(ascii: "]")) }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    /// The name of the field whose value is written next.
    mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func null() { raw("null") }

    mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

    mutating func integer(_ value: some BinaryInteger) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
    }

    /// `bytes` as a string of base64.
    mutating func base64(_ value: Base64Bytes) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: value.base64Bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// A finite number, without a fraction where it has none.
    mutating func number(_ value: Double) {
        if let whole = Int(exactly: value) { integer(whole) } else { raw("\(value)") }
    }

    /// `json` as it is; it must be one JSON value.
    mutating func raw(_ json: String) {
        separate()
        bytes.append(contentsOf: json.utf8)
    }

    /// Cost: a text without anything to escape, as nearly all are, is copied in one piece.
    mutating func string(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        if text.utf8.allSatisfy({ !Self.isEscaped($0) }) {
            bytes.append(contentsOf: text.utf8)
        } else {
            for byte in text.utf8 { escape(byte) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0x0A: bytes.append(contentsOf: "\\n".utf8)
        case 0x0D: bytes.append(contentsOf: "\\r".utf8)
        case 0x09: bytes.append(contentsOf: "\\t".utf8)
        case 0..<0x20:
            let digits = String(byte, radix: 16)
            bytes.append(contentsOf: (digits.count == 1 ? "\\u000" : "\\u00").utf8)
            bytes.append(contentsOf: digits.utf8)
        default: bytes.append(byte)
        }
    }
}

// MARK: - Fields

extension JSONWriter {
    mutating func field(_ name: String, _ text: String) {
        key(name)
        string(text)
    }

    mutating func field(_ name: String, _ value: some BinaryInteger) {
        key(name)
        integer(value)
    }

    mutating func field(_ name: String, _ value: Bool) {
        key(name)
        bool(value)
    }

    mutating func field(_ name: String, _ texts: [String]) {
        key(name)
        strings(texts)
    }

    /// `texts` as an array, `[]` without any.
    mutating func strings(_ texts: [String]) {
        beginArray()
        for text in texts { string(text) }
        endArray()
    }

    /// `map` as an object in order of key; `empty` without any pair.
    mutating func field(_ name: String, _ map: [String: String], whenEmpty empty: String) {
        key(name)
        guard !map.isEmpty else { return raw(empty) }
        beginObject()
        for (key, value) in map.sorted(by: { $0.key < $1.key }) { field(key, value) }
        endObject()
    }
}

// MARK: - For people

extension JSONWriter {
    /// Compact JSON with line breaks and four spaces for each level.
    static func indented(_ compact: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(compact.count * 2)
        var depth = 0
        var isInString = false
        var isEscaped = false
        func breakLine() {
            text.append(0x0A)
            text.append(contentsOf: repeatElement(0x20, count: depth * 4))
        }
        for (index, byte) in compact.enumerated() {
            if isInString {
                text.append(byte)
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                text.append(byte)
                let next = index + 1 < compact.count ? compact[index + 1] : 0
                if next != UInt8(ascii: "}"), next != UInt8(ascii: "]") {
                    depth += 1
                    breakLine()
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if let last = text.last, last != UInt8(ascii: "{"), last != UInt8(ascii: "[") {
                    depth -= 1
                    breakLine()
                }
                text.append(byte)
            case UInt8(ascii: ","):
                text.append(byte)
                breakLine()
            case UInt8(ascii: ":"):
                text.append(byte)
                text.append(0x20)
            default:
                isInString = byte == UInt8(ascii: "\"")
                text.append(byte)
            }
        }
        text.append(0x0A)
        return text
    }
}
