internal import DNSWire
internal import Synchronization

/// What one worker counts: a row of words that only the worker writes and anyone may read.
///
/// A plain pointer, so that the worker holds it without counting references; its owner deallocates
/// it.
///
/// Cost: three instructions a count; no locked instruction, since there is one writer.
// SAFETY: the words behind the pointer are atomics, and the owner outlives the worker's thread.
@safe struct WorkerCounters: @unchecked Sendable {
    enum Field {
        static let overUDP = 0
        static let overTCP = 1
        static let dropped = 2
        static let truncated = 3
        static let fallback = 4
        static let receivedBytes = 5
        static let sentBytes = 6
        static let unsent = 7
        static let connectionsAccepted = 8
        static let connectionsRefused = 9
        static let connectionsTimedOut = 10
        static let connectionsOpen = 11
        static let shed = 12
        static let rateLimitedDropped = 13
        static let rateLimitedTruncated = 14
        static let prohibited = 15
        static let connectionsOverClientLimit = 16
        /// Four: new, valid, invalid, malformed.
        static let cookies = 17
        static let types = 21
        static let responseCodes = types + 16
        /// The place after the response codes.
        static let deferred = responseCodes + 24
        static let count = deferred + 1
    }

    /// Stands where a response code would, so that a reply that comes later costs no branch.
    static let unanswered = UInt16(Field.deferred - Field.responseCodes)

    private let words: UnsafeMutablePointer<Atomic<UInt64>>

    init() {
        unsafe words = .allocate(capacity: Field.count)
        for index in 0..<Field.count { unsafe (words + index).initialize(to: Atomic(0)) }
    }

    func deallocate() { unsafe words.deallocate() }

    @inline(__always)
    func add(_ amount: UInt64, to field: Int) {
        let value = unsafe words[field].load(ordering: .relaxed)
        unsafe words[field].store(value &+ amount, ordering: .relaxed)
    }

    func set(_ value: Int, of field: Int) {
        unsafe words[field].store(UInt64(clamping: value), ordering: .relaxed)
    }

    func value(_ field: Int) -> Int { Int(clamping: unsafe words[field].load(ordering: .relaxed)) }

    /// The types that are counted by themselves; all others share the place after the last.
    static let countedTypes: [RecordType] = [
        .a, .aaaa, .srv, .txt, .ptr, .ns, .soa, .mx, .cname, .any, .https,
    ]

    @inline(__always)
    static func bucket(_ type: UInt16) -> Int {
        switch type {
        case 1: 0
        case 28: 1
        case 33: 2
        case 16: 3
        case 12: 4
        case 2: 5
        case 6: 6
        case 15: 7
        case 5: 8
        case 255: 9
        case 65: 10
        default: 11
        }
    }
}
