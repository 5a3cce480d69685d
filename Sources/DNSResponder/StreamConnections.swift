internal import CDatagram
internal import DNSWire

/// The TCP connections of one worker.
struct StreamConnections: ~Copyable {
    private var connections: [Int32: StreamConnection] = [:]
    private let poller: Int32
    private let budget: ConnectionBudget
    private let counters: WorkerCounters
    private let idleMilliseconds: Int64
    /// That of the connection accepted last.
    private var generation: UInt32 = 0
    private let buffers = StreamBuffers()

    init(poller: Int32, budget: ConnectionBudget, counters: WorkerCounters, idleSeconds: Int) {
        self.poller = poller
        self.budget = budget
        self.counters = counters
        idleMilliseconds = Int64(max(idleSeconds, 1)) * 1000
    }

    deinit {
        for connection in connections.values { budget.giveBack(connection.client) }
    }

    var isEmpty: Bool { connections.isEmpty }

    /// Takes the connections that wait at `listener`.
    ///
    /// At the limit the connection that was idle longest makes room, so that idle peers cannot shut
    /// others out.
    mutating func accept(from listener: Int32, nowMilliseconds: Int64) {
        for _ in 0..<64 {
            var peer = datagram_endpoint()
            let descriptor = unsafe stream_accept(listener, &peer)
            if descriptor == -SystemError.descriptorsOfProcess
                || descriptor == -SystemError.descriptorsOfSystem
            {
                // Out of descriptors: the listener stays readable, so something has to go.
                guard closeLongestIdle() else { return }
                continue
            }
            guard descriptor >= 0 else { return }
            let client = IPAddress(peer)
            guard take(client) else {
                descriptor_close(descriptor)
                continue
            }
            let token = PollToken(kind: .connection, descriptor: descriptor).rawValue
            guard poller_add(poller, descriptor, StreamConnection.readable, token) == 0 else {
                budget.giveBack(client)
                descriptor_close(descriptor)
                continue
            }
            generation &+= 1
            connections[descriptor] = StreamConnection(
                token: StreamToken(descriptor: descriptor, generation: generation),
                client: client,
                nowMilliseconds: nowMilliseconds
            )
            counters.add(1, to: WorkerCounters.Field.connectionsAccepted)
            counters.set(connections.count, of: WorkerCounters.Field.connectionsOpen)
        }
    }

    /// A place for one more connection of `client`; false when it has none.
    private mutating func take(_ client: IPAddress) -> Bool {
        for attempt in 0..<2 {
            let hasRoom = connections.count < budget.perWorker
            switch hasRoom ? budget.take(client) : .full {
            case .taken:
                return true
            case .clientIsFull:
                counters.add(1, to: WorkerCounters.Field.connectionsOverClientLimit)
                return false
            case .full:
                guard attempt == 0, closeLongestIdle() else {
                    counters.add(1, to: WorkerCounters.Field.connectionsRefused)
                    return false
                }
            }
        }
        return false
    }

    /// Does what `descriptor` is ready for.
    mutating func advance(
        _ descriptor: Int32,
        with server: inout QueryServer,
        nowMilliseconds: Int64
    ) {
        guard let connection = connections[descriptor] else { return }
        unsafe server.origin = .stream(connection.token, client: connection.client)
        let goesOn = connection.advance(
            with: &server,
            buffers: buffers,
            nowMilliseconds: nowMilliseconds
        )
        guard goesOn else { return close(descriptor) }
        let wanted = connection.wantedEvents
        guard wanted != connection.events else { return }
        connection.events = wanted
        let token = PollToken(kind: .connection, descriptor: descriptor).rawValue
        if poller_modify(poller, descriptor, wanted, token) != 0 { close(descriptor) }
    }

    /// Writes a reply that comes late, when the connection that asked is still there.
    ///
    /// `part` is set for a message of a zone transfer.
    mutating func deliver(
        _ reply: [UInt8],
        _ part: TransferPart?,
        to token: StreamToken,
        with server: inout QueryServer,
        nowMilliseconds: Int64
    ) {
        guard let connection = connections[token.descriptor], connection.token == token else {
            return
        }
        if let part, part.isBroken { return close(token.descriptor) }
        connection.queueLate(reply, part)
        counters.add(UInt64(reply.count), to: WorkerCounters.Field.sentBytes)
        advance(token.descriptor, with: &server, nowMilliseconds: nowMilliseconds)
    }

    /// Closes connections without progress: idle ones, half messages, peers that do not read.
    ///
    /// Who waits for a late reply is not idle, unless it does not read the others.
    mutating func closeIdle(nowMilliseconds: Int64) {
        let idle = connections.values.filter {
            nowMilliseconds - $0.progressMilliseconds >= idleMilliseconds
                && ($0.pendingReplies == 0 || $0.hasPendingOutput)
        }
        for connection in idle {
            counters.add(1, to: WorkerCounters.Field.connectionsTimedOut)
            close(connection.descriptor)
        }
    }

    /// False when this worker has none.
    private mutating func closeLongestIdle() -> Bool {
        let longest = connections.values.min { $0.progressMilliseconds < $1.progressMilliseconds }
        guard let longest else { return false }
        counters.add(1, to: WorkerCounters.Field.connectionsTimedOut)
        close(longest.descriptor)
        return true
    }

    private mutating func close(_ descriptor: Int32) {
        // Closing the descriptor takes it out of the poller as well.
        if let connection = connections.removeValue(forKey: descriptor) {
            budget.giveBack(connection.client)
        }
        counters.set(connections.count, of: WorkerCounters.Field.connectionsOpen)
    }
}
