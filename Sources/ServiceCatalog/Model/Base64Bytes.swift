/// Bytes that are stored and sent as base64 text (RFC 4648 §4).
///
/// Why: as an array of numbers each byte would take up to four in the journal.
package struct Base64Bytes: Hashable, Sendable {
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    /// Reads base64 text, padded or not; nil when it is none.
    package init?(base64 text: String) {
        guard let bytes = Self.decode(text.utf8) else { return nil }
        self.bytes = bytes
    }

    /// The bytes as padded base64 text.
    package var base64: String { String(decoding: base64Bytes, as: UTF8.self) }

    /// The bytes as padded base64 text, in ASCII.
    package var base64Bytes: [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var position = 0
        while position < bytes.count {
            let left = bytes.count - position
            let group =
                UInt32(bytes[position]) << 16
                | (left > 1 ? UInt32(bytes[position + 1]) << 8 : 0)
                | (left > 2 ? UInt32(bytes[position + 2]) : 0)
            text.append(Self.letter(group >> 18))
            text.append(Self.letter(group >> 12))
            text.append(left > 1 ? Self.letter(group >> 6) : Self.padding)
            text.append(left > 2 ? Self.letter(group) : Self.padding)
            position += 3
        }
        return text
    }

    private static let padding = UInt8(ascii: "=")
    private static let letters = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    private static func letter(_ bits: UInt32) -> UInt8 { letters[Int(bits & 63)] }

    private static func value(of letter: UInt8) -> UInt32? {
        switch letter {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(letter) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(letter) - 97 + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(letter) - 48 + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    private static func decode(_ text: String.UTF8View) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var group: UInt32 = 0
        var letters = 0
        var paddings = 0
        for letter in text {
            if letter == padding {
                paddings += 1
                continue
            }
            guard paddings == 0, let value = value(of: letter) else { return nil }
            group = group << 6 | value
            letters += 1
            if letters % 4 == 0 {
                bytes.append(UInt8(truncatingIfNeeded: group >> 16))
                bytes.append(UInt8(truncatingIfNeeded: group >> 8))
                bytes.append(UInt8(truncatingIfNeeded: group))
                group = 0
            }
        }
        let rest = letters % 4
        guard rest != 1, paddings == 0 || (rest > 0 && rest + paddings == 4) else { return nil }
        // The bits that make no whole byte are zero in what an encoder wrote.
        if rest == 2 {
            guard group & 0b1111 == 0 else { return nil }
            bytes.append(UInt8(truncatingIfNeeded: group >> 4))
        } else if rest == 3 {
            guard group & 0b11 == 0 else { return nil }
            bytes.append(UInt8(truncatingIfNeeded: group >> 10))
            bytes.append(UInt8(truncatingIfNeeded: group >> 2))
        }
        return bytes
    }
}

extension Base64Bytes: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Base64Bytes(base64: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "the text is not base64"
            )
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(base64)
    }
}
