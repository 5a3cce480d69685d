/// The text form of a UUID (RFC 9562 §4).
enum UUIDText {
    static func isUUID(_ text: String) -> Bool {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        return groups.map(\.utf8.count) == [8, 4, 4, 4, 12]
            && groups.allSatisfy { $0.allSatisfy { $0.isASCII && $0.isHexDigit } }
    }

    /// A new random one (version 4), good enough to be a secret.
    static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        var bits = UInt128.random(in: 0...UInt128.max, using: &generator)
        bits = bits & ~(0xF << 76) | (0x4 << 76)
        bits = bits & ~(0x3 << 62) | (0x2 << 62)
        let digits = String(bits, radix: 16)
        let text = Array(String(repeating: "0", count: 32 - digits.count) + digits)
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(text[$0]) }
            .joined(separator: "-")
    }
}
