/// Reads the compact form; whatever the bytes are, it ends with a value or with an error.
///
/// Why a copy of the bytes: all access to it is checked, and copying a row costs less than one of
/// its texts.
struct ByteReader {
    private var bytes: [UInt8] = []
    private(set) var position = 0
    /// Where the current part ends.
    private var end = 0
    private var texts = SharedValues<String>()
    private var lists = SharedValues<[String]>()
    private var maps = SharedValues<[String: String]>()

    init() {}

    /// Goes to the start of other bytes; values that were read before are shared with theirs.
    mutating func load(_ others: UnsafeRawBufferPointer) {
        bytes.removeAll(keepingCapacity: true)
        unsafe bytes.append(contentsOf: others)
        position = 0
        end = bytes.count
    }

    /// Goes to the start of other bytes.
    mutating func load(_ others: [UInt8]) {
        bytes = others
        position = 0
        end = others.count
    }

    var isAtEnd: Bool { position == end }

    /// The next byte, which stays the next; nil at the end.
    var nextByte: UInt8? { position < end ? bytes[position] : nil }

    /// - Throws: `.tooLong` unless all was read.
    func finish() throws(CompactFormError) {
        guard isAtEnd else { throw .tooLong(at: position) }
    }

    mutating func byte() throws(CompactFormError) -> UInt8 {
        guard position < end else { throw .tooShort }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func flag() throws(CompactFormError) -> Bool {
        switch try byte() {
        case 0: return false
        case 1: return true
        default: throw invalid("flag")
        }
    }

    mutating func unsigned() throws(CompactFormError) -> UInt64 {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try self.byte()
            let bits = UInt64(byte & 0x7F)
            guard shift < 63 || (shift == 63 && bits <= 1) else { throw invalid("number") }
            number |= bits << shift
            if byte & 0x80 == 0 { return number }
            shift += 7
        }
    }

    mutating func number() throws(CompactFormError) -> Int {
        let folded = try unsigned()
        return Int(truncatingIfNeeded: Int64(bitPattern: folded >> 1) ^ -Int64(folded & 1))
    }

    /// The number of members of something, of which each takes at least one byte.
    mutating func count() throws(CompactFormError) -> Int {
        let count = try unsigned()
        guard count <= UInt64(end - position) else { throw .tooShort }
        return Int(count)
    }

    mutating func text() throws(CompactFormError) -> String {
        let range = try textRange()
        return try text(in: range)
    }

    /// A text that many things have in common.
    mutating func sharedText() throws(CompactFormError) -> String {
        let range = try textRange()
        // So few bytes are in the value itself.
        if range.count <= 15 { return try text(in: range) }
        if let known = texts.value(of: bytes[range]) { return known }
        let text = try self.text(in: range)
        texts.keep(text, of: bytes[range])
        return text
    }

    /// Texts that many things have in common.
    mutating func sharedTexts() throws(CompactFormError) -> [String] {
        let start = position
        let count = try self.count()
        for _ in 0..<count { _ = try textRange() }
        let range = start..<position
        if let known = lists.value(of: bytes[range]) { return known }
        position = start
        _ = try self.count()
        var list: [String] = []
        list.reserveCapacity(count)
        for _ in 0..<count { list.append(try sharedText()) }
        lists.keep(list, of: bytes[range])
        return list
    }

    /// Named texts that many things have in common.
    mutating func sharedMap() throws(CompactFormError) -> [String: String] {
        let start = position
        let count = try self.count()
        for _ in 0..<count {
            _ = try textRange()
            _ = try textRange()
        }
        let range = start..<position
        if let known = maps.value(of: bytes[range]) { return known }
        position = start
        _ = try self.count()
        var map: [String: String] = [:]
        map.reserveCapacity(count)
        for _ in 0..<count {
            let name = try sharedText()
            map[name] = try sharedText()
        }
        maps.keep(map, of: bytes[range])
        return map
    }

    /// All bytes that are left.
    mutating func rest() -> [UInt8] {
        defer { position = end }
        return Array(bytes[position..<end])
    }

    /// The bytes of a part that its number of bytes comes before.
    mutating func sizedBytes() throws(CompactFormError) -> [UInt8] {
        Array(bytes[try textRange()])
    }

    /// Reads a part that its number of bytes comes before, with `body`, to its end.
    mutating func readSized<Value>(
        _ body: (inout ByteReader) throws(CompactFormError) -> Value
    ) throws(CompactFormError) -> Value {
        let range = try textRange()
        let outerEnd = end
        position = range.lowerBound
        end = range.upperBound
        let value = try body(&self)
        try finish()
        end = outerEnd
        return value
    }

    func invalid(_ what: String) -> CompactFormError { .invalid(what: what, at: position) }

    private mutating func textRange() throws(CompactFormError) -> Range<Int> {
        let count = try self.count()
        let start = position
        position += count
        return start..<position
    }

    private func text(in range: Range<Int>) throws(CompactFormError) -> String {
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            throw invalid("text")
        }
        return text
    }
}
