/// One operation on one key, as its client saw it.
struct KeyOperation: Sendable {
    enum Request: Hashable, Sendable {
        case read
        case write(String)
        /// Writes when the key has the expected value; nil: when there is none.
        case compareAndSet(expected: String?, new: String)
        case delete
        /// Deletes when the key has the expected value, or is not there.
        case compareAndDelete(expected: String)
        case acquire(session: String, value: String)
        case release(session: String, value: String)
        case endSession(String)
    }

    enum Outcome: Hashable, Sendable {
        /// What a read found.
        case found(value: String?, holder: String?)
        case yes
        case no
        /// The session does not exist any more.
        case invalidSession
        /// Nobody can say whether it was made.
        case unknown
    }

    var client: Int
    var key: String
    var request: Request
    var outcome: Outcome
    /// When it was asked and when the answer came, in nanoseconds; nobody heard of its end when nil.
    var asked: Int64
    var answered: Int64?

    /// Nobody knows its end: it may be made at any later time.
    var isOpen: Bool { outcome == .unknown }
}

extension KeyOperation: CustomStringConvertible {
    var description: String {
        let from = Double(asked) / 1e9
        let to = answered.map { "\(Double($0) / 1e9)" } ?? "open"
        return "client \(client) \(key) \(from)…\(to): \(request) → \(outcome)"
    }
}
