internal import DNSWire
internal import NIOCore

/// Answers of other servers for as long as they hold, bounded in number and in bytes.
///
/// When it is full, the clock's hand passes over entries that were used since it came last and
/// takes the first that was not.
struct AnswerCache {
    struct Key: Hashable, Sendable {
        var name: DomainName
        var type: RecordType
        var dnssecOK: Bool
        var checkingDisabled: Bool
    }

    /// What is known about a key.
    enum Finding {
        case nothing
        case fresh(UpstreamAnswer, ageSeconds: UInt32)
        /// Its time is over, and the servers did not answer a moment ago.
        case stale(UpstreamAnswer)
    }

    private struct Entry {
        var key: Key
        var answer: UpstreamAnswer
        var stored: NIODeadline
        /// Until then a stale answer is given without asking again.
        var retry: NIODeadline?
        var isUsed = false
    }

    private let entriesMax: Int
    private let bytesMax: Int
    private let stale: TimeAmount
    private var places: [Key: Int] = [:]
    private var entries: [Entry] = []
    private var hand = 0
    private(set) var byteCount = 0

    /// After a failure a stale answer goes out for so long before the servers are asked again (RFC
    /// 8767 §5).
    private static let retryAfter = TimeAmount.seconds(30)

    init(entriesMax: Int, bytesMax: Int, staleSeconds: Int) {
        self.entriesMax = entriesMax
        self.bytesMax = bytesMax
        stale = .seconds(Int64(staleSeconds))
    }

    var count: Int { entries.count }

    mutating func find(_ key: Key, now: NIODeadline) -> Finding {
        guard let place = places[key] else { return .nothing }
        entries[place].isUsed = true
        let entry = entries[place]
        let age = now - entry.stored
        if age < .seconds(Int64(entry.answer.ttlSeconds)) {
            return .fresh(
                entry.answer,
                ageSeconds: UInt32(clamping: age.nanoseconds / 1_000_000_000)
            )
        }
        if let retry = entry.retry, now < retry { return .stale(entry.answer) }
        return .nothing
    }

    /// Keeps `answer`, unless its time to live is 0 or it is too large.
    mutating func store(_ answer: UpstreamAnswer, for key: Key, now: NIODeadline) {
        let bytes = answer.byteCount
        guard answer.ttlSeconds > 0, entriesMax > 0, bytes <= bytesMax / 8 else { return }
        if let place = places[key] { remove(at: place) }
        while entries.count >= entriesMax || byteCount + bytes > bytesMax { evict() }
        places[key] = entries.count
        entries.append(Entry(key: key, answer: answer, stored: now))
        byteCount += bytes
    }

    /// What is given when nobody answers: an answer whose time is over, but not for too long.
    mutating func storeFailure(
        _ failure: UpstreamAnswer,
        for key: Key,
        now: NIODeadline
    ) -> UpstreamAnswer? {
        if let place = places[key], entries[place].answer.responseCode != .serverFailure {
            let entry = entries[place]
            let end = entry.stored + .seconds(Int64(entry.answer.ttlSeconds)) + stale
            if stale > .zero, now < end {
                entries[place].retry = now + Self.retryAfter
                return entry.answer
            }
        }
        store(failure, for: key, now: now)
        return nil
    }

    private mutating func evict() {
        while true {
            if hand >= entries.count { hand = 0 }
            guard entries[hand].isUsed else { return remove(at: hand) }
            entries[hand].isUsed = false
            hand += 1
        }
    }

    /// The last entry takes the place that becomes free.
    private mutating func remove(at place: Int) {
        byteCount -= entries[place].answer.byteCount
        places[entries[place].key] = nil
        let last = entries.removeLast()
        if place < entries.count {
            entries[place] = last
            places[last.key] = place
        }
    }
}
