internal import DNSWire

/// The server's half of a DNS cookie (RFC 7873), which proves that its bearer gets what we send.
///
/// Version 1 of RFC 9018 §4: version, three reserved bytes and the time, then the hash of them, of
/// the client's half and of the client's address. Servers of one anycast address that share their
/// secrets take each other's.
struct ServerCookie {
    /// The first eight bytes as they lie in memory: version, reserved, time.
    let head: UInt64
    let hash: UInt64

    static let bytes = 16
    static let clientBytes = 8
    /// The lengths of both halves together that RFC 7873 §4 allows with a server's half.
    static let pairBytes = 16...40
    /// The option with its code and length, as replies carry it.
    static let optionBytes = 4 + clientBytes + bytes

    /// RFC 9018 §4.3.
    private static let ageSecondsMax: Int32 = 3600
    private static let aheadSecondsMax: Int32 = 300
    private static let renewedAfterSeconds: Int32 = 1800

    /// The cookie of `client`, its half, and its address at `seconds` of Unix time.
    @inline(__always)
    init(client: UInt64, address: IPAddress, seconds: UInt32, key: SipKey) {
        head = 1 | UInt64(seconds.byteSwapped) << 32
        hash = Self.hash(client: client, head: head, address: address, key: key)
    }

    /// What a client sent back, which may be anything.
    init(head: UInt64, hash: UInt64) {
        self.head = head
        self.hash = hash
    }

    /// How old it says it is: RFC 1982 arithmetic, so that it outlives the year 2106.
    @inline(__always)
    private func age(at seconds: UInt32) -> Int32 {
        Int32(bitPattern: seconds &- UInt32(truncatingIfNeeded: head >> 32).byteSwapped)
    }

    /// True when its version and its time can be those of a cookie of ours.
    @inline(__always)
    func isCurrent(at seconds: UInt32) -> Bool {
        let age = age(at: seconds)
        return head & 0xFF == 1 && age <= Self.ageSecondsMax && age >= -Self.aheadSecondsMax
    }

    /// True when the client shall get a new one though this is good.
    @inline(__always)
    func isToBeRenewed(at seconds: UInt32) -> Bool { age(at: seconds) > Self.renewedAfterSeconds }

    /// True when it was made with `key` for this client.
    @inline(__always)
    func isSigned(client: UInt64, address: IPAddress, key: SipKey) -> Bool {
        hash == Self.hash(client: client, head: head, address: address, key: key)
    }

    @inline(__always)
    private static func hash(
        client: UInt64,
        head: UInt64,
        address: IPAddress,
        key: SipKey
    ) -> UInt64 {
        var hash = SipHash(key)
        hash.absorb(client.littleEndian)
        hash.absorb(head.littleEndian)
        switch address {
        case .v4(let value):
            return hash.finish(UInt64(value.byteSwapped), byteCount: 20).littleEndian
        case .v6(let value):
            hash.absorb(UInt64(truncatingIfNeeded: value >> 64).byteSwapped)
            hash.absorb(UInt64(truncatingIfNeeded: value).byteSwapped)
            return hash.finish(byteCount: 32).littleEndian
        }
    }
}
