internal import ServiceCatalog
internal import Synchronization

/// Something that a user tells all who listen: `event/fire`.
struct UserEvent: Hashable, Sendable {
    var id: String
    var name: String
    var payload: Base64Bytes
    var nodeFilter: String
    var serviceFilter: String
    var tagFilter: String
    /// Its place in the order of events.
    var time: UInt64
}

/// The last events; in memory only, as in Consul.
final class UserEvents: Sendable {
    private static let countMax = 256

    private struct State {
        var events: [UserEvent] = []
        var time: UInt64 = 0
        var waiters: [(name: String, wakeUp: WakeUp)] = []

        func events(named name: String) -> [UserEvent] {
            name.isEmpty ? events : events.filter { $0.name == name }
        }
    }

    private let state = Mutex(State())

    /// The last events with `name`, oldest first; all of them without.
    func events(named name: String) -> [UserEvent] {
        state.withLock { $0.events(named: name) }
    }

    /// Adds an event, gives it its place in the order, and wakes those who wait for it.
    func fire(_ new: UserEvent) -> UserEvent {
        let (event, woken) = state.withLock { state in
            state.time += 1
            var event = new
            event.time = state.time
            state.events.append(event)
            if state.events.count > Self.countMax { state.events.removeFirst() }
            func isAbout(_ name: String) -> Bool { name.isEmpty || name == event.name }
            let woken = state.waiters.filter { isAbout($0.name) }
            state.waiters.removeAll { isAbout($0.name) }
            return (event, woken.map(\.wakeUp))
        }
        for wakeUp in woken { wakeUp.end() }
        return event
    }

    /// Ends a wait when the last event with `name` is another than that of `index`.
    func wakes(_ wakeUp: WakeUp, whenOtherThan index: UInt64, named name: String) {
        let isDue = state.withLock { state in
            let isDue = Self.index(of: state.events(named: name)) != index
            if !isDue { state.waiters.append((name, wakeUp)) }
            return isDue
        }
        if isDue { wakeUp.end() }
    }

    /// Lets go of what `wakes` took.
    func forget(_ wakeUp: WakeUp) {
        state.withLock { state in state.waiters.removeAll { $0.wakeUp === wakeUp } }
    }

    /// The index of a list of events: the halves of the last one's id, one over the other.
    ///
    /// Why: events have no place in the catalog's order; clients only compare it.
    static func index(of events: [UserEvent]) -> UInt64 {
        guard let id = events.last?.id else { return 0 }
        let digits = id.filter { $0 != "-" }
        return (UInt64(digits.prefix(16), radix: 16) ?? 0)
            ^ (UInt64(digits.dropFirst(16), radix: 16) ?? 0)
    }
}
