/// Writes the compact form.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    init() {}

    /// Forgets what was written and keeps the memory for what comes, unless it is much.
    mutating func removeAll() { bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20) }

    /// Calls `body` with all that was written.
    func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        unsafe bytes.withUnsafeBytes { unsafe body($0) }
    }

    /// Puts four bytes, the lowest first, over those from `start` on.
    mutating func overwrite(with number: UInt32, at start: Int) {
        for offset in 0..<4 {
            bytes[start + offset] = UInt8(truncatingIfNeeded: number >> UInt32(8 * offset))
        }
    }

    mutating func write(_ byte: UInt8) { bytes.append(byte) }

    mutating func write(_ flag: Bool) { bytes.append(flag ? 1 : 0) }

    mutating func write(bytes others: [UInt8]) { bytes.append(contentsOf: others) }

    mutating func write(unsigned number: UInt64) {
        var rest = number
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func write(_ number: Int) {
        write(unsigned: UInt64(bitPattern: Int64(number << 1 ^ number >> (Int.bitWidth - 1))))
    }

    mutating func write(_ text: String) {
        let utf8 = text.utf8
        write(unsigned: UInt64(utf8.count))
        bytes.append(contentsOf: utf8)
    }

    mutating func write(_ texts: [String]) {
        write(unsigned: UInt64(texts.count))
        for text in texts { write(text) }
    }

    mutating func write(_ texts: [String: String]) {
        write(unsigned: UInt64(texts.count))
        for (name, value) in texts {
            write(name)
            write(value)
        }
    }

    /// Writes the number of bytes that `body` writes, then these.
    mutating func writeSized<Failure>(
        _ body: (inout ByteWriter) throws(Failure) -> Void
    ) throws(Failure) {
        let start = bytes.count
        // Nearly all are shorter than 128 bytes or than 16 KiB: room for two bytes of number.
        bytes.append(0)
        bytes.append(0)
        try body(&self)
        let count = bytes.count - start - 2
        if count < 1 << 14 {
            // A number may have more bytes than it needs.
            bytes[start] = UInt8(truncatingIfNeeded: count) | 0x80
            bytes[start + 1] = UInt8(truncatingIfNeeded: count >> 7)
        } else {
            var number = ByteWriter()
            number.write(unsigned: UInt64(count))
            bytes.replaceSubrange(start..<(start + 2), with: number.bytes)
        }
    }
}
