internal import DNSWire

/// How many replies of one kind a network of clients gets from one worker: a token bucket for each,
/// in a table of fixed size.
///
/// *Why:* whoever forges the source of its queries makes a server send replies to its victim; the
/// victim's network shall get few of them. A bucket that is pushed out of the table by others was
/// the fullest of its row, so that little is forgotten.
///
/// Cost: memory when rates are first limited; then no allocation and one cache line a reply.
@safe struct RateLimiter: ~Copyable {
    /// What the settings say, as one worker applies it.
    struct Rates: Hashable, Sendable {
        /// Thousandths of a reply that come back each millisecond, all workers together the rate.
        let refill: Double
        /// Thousandths of a reply that may be saved up: a second's worth of the whole rate.
        let capacity: Double
        let slip: UInt32

        init(responsesPerSecond: Int, workers: Int, slip: Int) {
            refill = Double(responsesPerSecond) / Double(max(workers, 1))
            capacity = Double(max(responsesPerSecond, 1)) * 1000
            self.slip = UInt32(clamping: slip)
        }
    }

    enum Action {
        case send
        case drop
        /// Send it without records and with TC set: a real client comes back over TCP.
        case truncate
    }

    private struct Bucket {
        var fingerprint: UInt32 = 0
        var milliseconds: UInt32 = 0
        var credit: Float = 0
        /// Replies over the rate.
        var refused: UInt32 = 0
    }

    private let key = SipKey.random()
    private var buckets: UnsafeMutablePointer<Bucket>?

    private static let rowBuckets = 4
    private static let rows = 1 << 14
    private static let cost = 1000.0

    init() { unsafe buckets = nil }

    deinit { unsafe buckets?.deallocate() }

    /// Gives each kind of answer to each network a number of its own; `kind` may be a name's hash.
    func identity(of client: IPAddress, kind: UInt64) -> UInt64 {
        var hash = SipHash(key)
        switch client {
        case .v4(let value): hash.absorb(UInt64(value >> 8))
        // No /56 is one of the above, for `::/32` is nobody's.
        case .v6(let value): hash.absorb(UInt64(truncatingIfNeeded: value >> 72) | 1 << 63)
        }
        hash.absorb(kind)
        return hash.finish(byteCount: 16)
    }

    /// Counts one reply.
    mutating func take(_ identity: UInt64, _ rates: Rates, milliseconds: UInt32) -> Action {
        let row = unsafe row(identity)
        let fingerprint = UInt32(truncatingIfNeeded: identity >> 32) | 1
        var chosen = 0
        var credit = -1.0
        for index in 0..<Self.rowBuckets {
            let bucket = unsafe row[index]
            let elapsed = Double(milliseconds &- bucket.milliseconds)
            let filled = min(rates.capacity, Double(bucket.credit) + elapsed * rates.refill)
            if bucket.fingerprint == fingerprint {
                chosen = index
                credit = filled
                break
            }
            let isFree = bucket.fingerprint == 0
            if isFree || filled > credit {
                chosen = index
                credit = isFree ? .infinity : filled
            }
        }
        var bucket = unsafe row[chosen]
        if bucket.fingerprint != fingerprint {
            bucket = Bucket(fingerprint: fingerprint)
            credit = rates.capacity
        }
        bucket.milliseconds = milliseconds
        let isWithin = credit >= Self.cost
        bucket.credit = Float(isWithin ? credit - Self.cost : credit)
        if !isWithin { bucket.refused &+= 1 }
        unsafe row[chosen] = bucket
        if isWithin { return .send }
        return rates.slip > 0 && bucket.refused % rates.slip == 0 ? .truncate : .drop
    }

    private mutating func row(_ identity: UInt64) -> UnsafeMutablePointer<Bucket> {
        let offset = Self.rowBuckets * Int(truncatingIfNeeded: identity & UInt64(Self.rows - 1))
        if let buckets = unsafe buckets { return unsafe buckets + offset }
        let count = Self.rows * Self.rowBuckets
        let made = UnsafeMutablePointer<Bucket>.allocate(capacity: count)
        unsafe made.initialize(repeating: Bucket(), count: count)
        unsafe buckets = unsafe made
        return unsafe made + offset
    }
}
