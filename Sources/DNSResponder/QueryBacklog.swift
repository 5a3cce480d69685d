internal import CDatagram

/// Queries that a worker has taken from a socket and cannot answer at once: bounded, newest first.
///
/// *Why:* a worker that was held up, or that gets more than it can answer, has a queue full of
/// queries whose clients may have given up, and the kernel hands them out oldest first. Answered in
/// that order every reply comes late; newest first, most come in time.
///
/// *Cost:* two copies of a query, and only of those that come here. Memory is touched as it is
/// needed.
@safe struct QueryBacklog: ~Copyable {
    private let backlog: OpaquePointer

    /// More than the kernel keeps in a socket's queue, so that nothing is taken from it in vain.
    private static let queriesMax: UInt32 = 16_384
    private static let bytesMax: UInt32 = 4 << 20
    /// Clients ask again, or ask another server, after a second or a few.
    static let ageMillisecondsMax: Int64 = 1000

    init(queriesMax: UInt32 = queriesMax, bytesMax: UInt32 = bytesMax) {
        guard let backlog = unsafe datagram_backlog_create(queriesMax, bytesMax) else {
            preconditionFailure("no memory for \(queriesMax) waiting queries")
        }
        unsafe self.backlog = unsafe backlog
    }

    deinit { unsafe datagram_backlog_destroy(backlog) }

    var isEmpty: Bool { unsafe datagram_backlog_count(backlog) == 0 }

    /// Takes over the first `count` slots of `batch`; the number of older queries dropped for room.
    func push(_ batch: borrowing DatagramBatch, count: Int, nowMilliseconds: Int64) -> Int {
        let count = UInt32(truncatingIfNeeded: count)
        return Int(unsafe datagram_backlog_push(backlog, batch.batch, count, nowMilliseconds))
    }

    /// Drops what has waited too long; the number of queries dropped.
    func expire(nowMilliseconds: Int64) -> Int {
        Int(unsafe datagram_backlog_expire(backlog, nowMilliseconds - Self.ageMillisecondsMax))
    }

    /// Fills `batch` with the newest queries; the number of slots filled.
    func pop(into batch: borrowing DatagramBatch) -> Int {
        Int(unsafe datagram_backlog_pop(backlog, batch.batch))
    }
}
