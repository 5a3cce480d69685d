internal import CDatagram

/// Tells which descriptors are ready.
@safe struct Poller: ~Copyable {
    let descriptor: Int32
    private let events: UnsafeMutablePointer<poller_event>

    private static let eventsMax: Int32 = 64

    private init(descriptor: Int32) {
        self.descriptor = descriptor
        unsafe events = .allocate(capacity: Int(Self.eventsMax))
    }

    deinit {
        unsafe events.deallocate()
        descriptor_close(descriptor)
    }

    static func open() throws(ResponderError) -> Poller {
        let descriptor = poller_create()
        guard descriptor >= 0 else {
            throw ResponderError("no epoll descriptor: \(reason(descriptor))")
        }
        return Poller(descriptor: descriptor)
    }

    /// Reports when `watched` becomes readable.
    func watch(_ watched: Int32, as kind: PollToken.Kind) throws(ResponderError) {
        // Inherited sockets are shared between workers: one event shall wake one of them.
        let exclusive = kind == .wakeup || kind == .mailbox ? 0 : UInt32(POLLER_EXCLUSIVE)
        let status = poller_add(
            descriptor,
            watched,
            UInt32(POLLER_READABLE) | exclusive,
            PollToken(kind: kind, descriptor: watched).rawValue
        )
        guard status == 0 else { throw ResponderError("epoll refused a socket: \(reason(status))") }
    }

    /// The number of events that are ready, 0 after the time; -1 waits for ever.
    func wait(milliseconds: Int32) -> Int {
        max(0, Int(unsafe poller_wait(descriptor, events, Self.eventsMax, milliseconds)))
    }

    /// What the event at `index`, below the last `wait`'s result, is about.
    func token(_ index: Int) -> PollToken? { PollToken(rawValue: unsafe events[index].token) }
}
