/// String literals as Go writes them, which is how values of filter expressions are quoted.
enum GoString {
    private static let named: [(letter: UInt8, byte: UInt8)] = [
        (UInt8(ascii: "a"), 0x07), (UInt8(ascii: "b"), 0x08), (UInt8(ascii: "f"), 0x0C),
        (UInt8(ascii: "n"), 0x0A), (UInt8(ascii: "r"), 0x0D), (UInt8(ascii: "t"), 0x09),
        (UInt8(ascii: "v"), 0x0B), (UInt8(ascii: "\\"), UInt8(ascii: "\\")),
    ]

    /// What stands between double quotes, its escapes resolved; nil when that is no text.
    ///
    /// A quote cannot stand there: the literal would have ended.
    static func unescaped(_ bytes: some Sequence<UInt8>) -> String? {
        var text: [UInt8] = []
        var iterator = bytes.makeIterator()
        func number(_ digits: Int, radix: UInt32, first: UInt8? = nil) -> UInt32? {
            var value: UInt32 = 0
            for position in 0..<digits {
                let next = position == 0 && first != nil ? first : iterator.next()
                guard let digit = next?.hexadecimalDigit, digit < radix else { return nil }
                value = value * radix + UInt32(digit)
            }
            return value
        }
        while let byte = iterator.next() {
            guard byte != 0x0A else { return nil }
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard let letter = iterator.next() else { return nil }
            if let escape = named.first(where: { $0.letter == letter }) {
                text.append(escape.byte)
                continue
            }
            switch letter {
            case UInt8(ascii: "x"):
                guard let value = number(2, radix: 16) else { return nil }
                text.append(UInt8(value))
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                guard let value = number(3, radix: 8, first: letter), value < 256 else {
                    return nil
                }
                text.append(UInt8(value))
            case UInt8(ascii: "u"), UInt8(ascii: "U"):
                let digits = letter == UInt8(ascii: "u") ? 4 : 8
                guard let value = number(digits, radix: 16), let scalar = Unicode.Scalar(value)
                else { return nil }
                text.append(contentsOf: Character(scalar).utf8)
            default: return nil
            }
        }
        return String(validating: text, as: UTF8.self)
    }

    /// `text` between double quotes.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if let escape = named.first(where: { UInt32($0.byte) == scalar.value }) {
                quoted += "\\"
                quoted.unicodeScalars.append(Unicode.Scalar(escape.letter))
            } else if scalar.value < 0x20 || scalar.value == 0x7F || scalar == "\"" {
                // A quote would end the literal, escaped or not.
                let digits = String(scalar.value, radix: 16)
                quoted += digits.count == 1 ? "\\x0\(digits)" : "\\x\(digits)"
            } else {
                quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
