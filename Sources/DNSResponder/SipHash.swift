/// The key of a `SipHash`: sixteen secret bytes, as two words in little-endian order.
struct SipKey: Hashable, Sendable {
    let first: UInt64
    let second: UInt64

    init(first: UInt64, second: UInt64) {
        self.first = first
        self.second = second
    }

    /// One that nobody knows.
    static func random() -> SipKey {
        var generator = SystemRandomNumberGenerator()
        return SipKey(first: generator.next(), second: generator.next())
    }
}

/// SipHash-2-4: a hash that says nothing of its key and whose collisions nobody can choose.
///
/// Words are in little-endian order. Cost: some 35 instructions a word and 70 at the end.
struct SipHash {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64

    @inline(__always)
    init(_ key: SipKey) {
        v0 = key.first ^ 0x736f_6d65_7073_6575
        v1 = key.second ^ 0x646f_7261_6e64_6f6d
        v2 = key.first ^ 0x6c79_6765_6e65_7261
        v3 = key.second ^ 0x7465_6462_7974_6573
    }

    @inline(__always)
    mutating func absorb(_ word: UInt64) {
        v3 ^= word
        mix()
        mix()
        v0 ^= word
    }

    /// Takes the last bytes, fewer than eight, of a message of `byteCount` and gives its hash.
    @inline(__always)
    mutating func finish(_ rest: UInt64 = 0, byteCount: Int) -> UInt64 {
        absorb(rest | UInt64(truncatingIfNeeded: byteCount) << 56)
        v2 ^= 0xFF
        mix()
        mix()
        mix()
        mix()
        return v0 ^ v1 ^ v2 ^ v3
    }

    @inline(__always)
    private mutating func mix() {
        v0 &+= v1
        v1 = Self.rotate(v1, 13) ^ v0
        v0 = Self.rotate(v0, 32)
        v2 &+= v3
        v3 = Self.rotate(v3, 16) ^ v2
        v0 &+= v3
        v3 = Self.rotate(v3, 21) ^ v0
        v2 &+= v1
        v1 = Self.rotate(v1, 17) ^ v2
        v2 = Self.rotate(v2, 32)
    }

    @inline(__always)
    private static func rotate(_ word: UInt64, _ bits: UInt64) -> UInt64 {
        word &<< bits | word &>> (64 &- bits)
    }
}
