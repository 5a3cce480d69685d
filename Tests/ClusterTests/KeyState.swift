/// A key as it should be: its value, and who holds it as a lock.
struct KeyState: Hashable, Sendable {
    var value: String?
    var holder: String?
    /// Sessions that hold nothing any more.
    var ended: Set<String> = []

    /// Carries out a request and says what its client should hear.
    mutating func apply(_ request: KeyOperation.Request) -> KeyOperation.Outcome {
        switch request {
        case .read: return .found(value: value, holder: holder)
        case .write(let new):
            value = new
        case .compareAndSet(let expected, let new):
            guard value == expected else { return .no }
            value = new
        case .delete:
            value = nil
            holder = nil
        case .compareAndDelete(let expected):
            guard value == nil || value == expected else { return .no }
            value = nil
            holder = nil
        case .acquire(let session, let new):
            if ended.contains(session) { return .invalidSession }
            guard holder == nil || holder == session else { return .no }
            holder = session
            value = new
        case .release(let session, let new):
            guard holder == session else { return .no }
            holder = nil
            value = new
        case .endSession(let session):
            ended.insert(session)
            if holder == session { holder = nil }
        }
        return .yes
    }
}
