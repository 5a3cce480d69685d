/// A domain name in uncompressed wire form, at most 255 bytes, the letter case as it was given.
///
/// Equality and hashing ignore the case of ASCII letters (RFC 4343).
/// RFC 1035 §3.1.
package struct DomainName: Sendable {
    /// Length-prefixed labels, the root's empty label last.
    package let wire: [UInt8]

    /// The root, `.`.
    package static let root = DomainName(unchecked: [0])

    private init(unchecked wire: [UInt8]) {
        self.wire = wire
    }

    /// Takes an uncompressed name that fills `wire` exactly.
    package init(wire: [UInt8]) throws(WireError) {
        guard wire.count <= WireLimits.nameBytesMax else {
            throw .nameTooLong(bytes: wire.count)
        }
        var offset = 0
        while true {
            guard offset < wire.count else { throw .truncated(offset: offset) }
            let length = Int(wire[offset])
            guard length <= WireLimits.labelBytesMax else { throw .badLabelType(offset: offset) }
            offset += 1 + length
            if length == 0 { break }
        }
        guard offset == wire.count else { throw .malformed(offset: offset) }
        self.wire = wire
    }

    /// Joins `labels` (without the root's) to an absolute name.
    package init(labels: some Sequence<some Collection<UInt8>>) throws(WireError) {
        var wire: [UInt8] = []
        for label in labels {
            guard !label.isEmpty else { throw .emptyLabel }
            guard label.count <= WireLimits.labelBytesMax else {
                throw .labelTooLong(bytes: label.count)
            }
            wire.append(UInt8(label.count))
            wire.append(contentsOf: label)
        }
        wire.append(0)
        guard wire.count <= WireLimits.nameBytesMax else {
            throw .nameTooLong(bytes: wire.count)
        }
        self.wire = wire
    }

    /// Reads presentation format; a missing final dot is added (RFC 1035 §5.1).
    ///
    /// `\.` is a dot inside a label, `\065` the byte 65.
    package init(_ text: some StringProtocol) throws(WireError) {
        guard text != "." else {
            self = .root
            return
        }
        var labels: [[UInt8]] = []
        var label: [UInt8] = []
        var endsWithDot = false
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            endsWithDot = byte == UInt8(ascii: ".")
            if endsWithDot {
                labels.append(label)
                label = []
            } else if byte == UInt8(ascii: "\\") {
                label.append(try Self.unescape(&bytes))
            } else {
                label.append(byte)
            }
        }
        if !endsWithDot { labels.append(label) }
        try self.init(labels: labels)
    }

    private static func unescape(
        _ bytes: inout some IteratorProtocol<UInt8>
    ) throws(WireError) -> UInt8 {
        guard let first = bytes.next() else { throw .badEscape }
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return first }
        guard let second = bytes.next(), let third = bytes.next() else { throw .badEscape }
        var value = 0
        for digit in [first, second, third] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { throw .badEscape }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        guard value <= 255 else { throw .badEscape }
        return UInt8(value)
    }

    /// The labels from left to right, without the root's.
    package var labels: [ArraySlice<UInt8>] {
        var labels: [ArraySlice<UInt8>] = []
        var offset = 0
        while wire[offset] != 0 {
            let end = offset + 1 + Int(wire[offset])
            labels.append(wire[offset + 1..<end])
            offset = end
        }
        return labels
    }

    /// The number of labels, the root's not counted.
    package var labelCount: Int {
        var count = 0
        var offset = 0
        while wire[offset] != 0 {
            offset += 1 + Int(wire[offset])
            count += 1
        }
        return count
    }

    /// True for `.`.
    package var isRoot: Bool { wire.count == 1 }

    /// The name without its leftmost label; nil for the root.
    package var parent: DomainName? {
        isRoot ? nil : DomainName(unchecked: Array(wire[(1 + Int(wire[0]))...]))
    }

    /// True when the leftmost label is `*` (RFC 4592 §2.1.1).
    package var isWildcard: Bool {
        wire.count >= 2 && wire[0] == 1 && wire[1] == UInt8(ascii: "*")
    }

    /// True when `self` equals `ancestor` or lies below it.
    package func isSubdomain(of ancestor: DomainName) -> Bool {
        var offset = 0
        while wire.count - offset > ancestor.wire.count {
            offset += 1 + Int(wire[offset])
        }
        guard wire.count - offset == ancestor.wire.count else { return false }
        return zip(wire[offset...], ancestor.wire).allSatisfy { Self.fold($0) == Self.fold($1) }
    }

    /// `label` put before the name.
    package func prepending(
        label: some Collection<UInt8>
    ) throws(WireError) -> DomainName {
        guard !label.isEmpty else { throw .emptyLabel }
        guard label.count <= WireLimits.labelBytesMax else {
            throw .labelTooLong(bytes: label.count)
        }
        guard 1 + label.count + wire.count <= WireLimits.nameBytesMax else {
            throw .nameTooLong(bytes: 1 + label.count + wire.count)
        }
        return DomainName(unchecked: [UInt8(label.count)] + label + wire)
    }

    /// `text` as one label put before the name; dots in it do not separate.
    package func prepending(label text: some StringProtocol) throws(WireError) -> DomainName {
        try prepending(label: Array(text.utf8))
    }

    /// The labels of `prefix` put before the name.
    package func prepending(_ prefix: DomainName) throws(WireError) -> DomainName {
        try DomainName(wire: prefix.wire.dropLast() + wire)
    }

    /// The same name with ASCII letters in lower case.
    package var lowercased: DomainName {
        DomainName(unchecked: wire.map(Self.fold))
    }

    /// `byte` in lower case if it is an ASCII capital.
    ///
    /// Length bytes are at most 63, below the capitals, so whole wire names can be folded.
    @inlinable
    package static func fold(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }
}

extension DomainName: Hashable {
    package static func == (left: DomainName, right: DomainName) -> Bool {
        guard left.wire.count == right.wire.count else { return false }
        // Most equal names are spelled alike.
        return left.wire == right.wire
            || zip(left.wire, right.wire).allSatisfy { fold($0) == fold($1) }
    }

    package func hash(into hasher: inout Hasher) {
        // Eight bytes a call: names are hashed a few times for each change of the catalog.
        var word: UInt64 = 0
        for (offset, byte) in wire.enumerated() {
            word = word << 8 | UInt64(Self.fold(byte))
            if offset & 7 == 7 {
                hasher.combine(word)
                word = 0
            }
        }
        hasher.combine(word)
        hasher.combine(wire.count)
    }
}

extension DomainName: CustomStringConvertible {
    /// Presentation format with the final dot; bytes that are not printable are escaped.
    package var description: String {
        guard !isRoot else { return "." }
        var text = ""
        for label in labels {
            for byte in label {
                switch byte {
                case UInt8(ascii: "."), UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: ";"),
                    UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "@"), UInt8(ascii: "$"):
                    text += "\\"
                    text.unicodeScalars.append(Unicode.Scalar(byte))
                case 0x21...0x7E:
                    text.unicodeScalars.append(Unicode.Scalar(byte))
                default:
                    let digits = String(byte)
                    text += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
                }
            }
            text += "."
        }
        return text
    }
}
