internal import CDatagram
internal import Glibc

/// One thread's work: its sockets, its view of the table, its TCP connections.
///
/// Datagrams are received, served and sent in batches over memory that is set up once. The worker
/// sleeps only when all of its sockets are empty. When it is behind, it takes all that waits in a
/// socket at once and answers the newest first.
struct Worker: ~Copyable {
    private var server: QueryServer
    private var streams: StreamConnections
    private let sockets: WorkerSockets
    private let counters: WorkerCounters
    private let batch = DatagramBatch()
    private let backlog = QueryBacklog()
    /// Where the queries in `backlog` came from.
    private var backlogSocket: Int32 = -1
    private var backlogMilliseconds: Int64 = 0
    private let poller: Poller
    private var sweepMilliseconds: Int64 = 0

    /// After this many batches of one socket the others, and `stop`, get their turn.
    private static let batchesMax = 16
    /// A socket that is not empty after this many full batches shows that the worker is behind.
    private static let batchesBeforeBacklog = 4
    /// More than the backlog has room for.
    private static let backlogBatchesMax = 512
    /// How long the newest queries are those of `backlog` and not of its socket: longer than all
    /// of them take at full speed, when to take more would be to answer less.
    private static let backlogIntervalMilliseconds: Int64 = 100
    private static let sweepIntervalMilliseconds: Int64 = 250

    /// Serves `sockets` until `wakeup` is signalled.
    init(
        server: consuming QueryServer,
        sockets: WorkerSockets,
        wakeup: Int32,
        budget: ConnectionBudget,
        counters: WorkerCounters,
        tcpIdleSeconds: Int
    ) throws(ResponderError) {
        let poller = try Poller.open()
        try poller.watch(wakeup, as: .wakeup)
        if let mailbox = server.mailbox {
            try poller.watch(mailbox.wakeup, as: .mailbox)
        }
        for socket in sockets.datagrams { try poller.watch(socket, as: .datagrams) }
        for socket in sockets.listeners { try poller.watch(socket, as: .listener) }
        streams = StreamConnections(
            poller: poller.descriptor,
            budget: budget,
            counters: counters,
            idleSeconds: tcpIdleSeconds
        )
        self.poller = poller
        self.server = server
        self.sockets = sockets
        self.counters = counters
    }

    /// Serves until `wakeup` is signalled.
    mutating func run() {
        while true {
            server.reader.rest()
            let count = poller.wait(milliseconds: timeoutMilliseconds)
            let now = Self.nowMilliseconds()
            for index in 0..<count {
                guard let token = poller.token(index) else { continue }
                switch token.kind {
                case .wakeup:
                    server.reader.rest()
                    server.mailbox?.close()
                    return
                case .datagrams:
                    serveDatagrams(token.descriptor)
                case .listener:
                    streams.accept(from: token.descriptor, nowMilliseconds: now)
                case .connection:
                    server.beginBatch()
                    streams.advance(token.descriptor, with: &server, nowMilliseconds: now)
                case .mailbox:
                    sendLateReplies(nowMilliseconds: now)
                }
            }
            if !backlog.isEmpty { serveBacklog() }
            if now - sweepMilliseconds >= Self.sweepIntervalMilliseconds {
                sweepMilliseconds = now
                if !streams.isEmpty { streams.closeIdle(nowMilliseconds: now) }
            }
        }
    }

    /// How long the poller may wait: not at all while queries wait here.
    private var timeoutMilliseconds: Int32 {
        if !backlog.isEmpty { return 0 }
        return streams.isEmpty ? -1 : Int32(truncatingIfNeeded: Self.sweepIntervalMilliseconds)
    }

    /// The hot loop: receive a batch, serve it, send it, until the socket is empty.
    private mutating func serveDatagrams(_ socket: Int32) {
        // What waits in the socket comes after what was taken from it, see `serveBacklog`.
        guard backlog.isEmpty || socket != backlogSocket else { return }
        unsafe server.origin = unsafe .datagrams(batch.slots, socket: socket)
        for turn in 0..<Self.batchesMax {
            let received = batch.receive(from: socket)
            guard received > 0 else { return }
            if turn >= Self.batchesBeforeBacklog, received == batch.capacity, backlog.isEmpty {
                return fillBacklog(from: socket, received: received)
            }
            answerBatch(received, to: socket)
            // After a lone datagram most likely no other waits: asking the poller costs the same.
            if received == 1 { return }
        }
    }

    private mutating func answerBatch(_ received: Int, to socket: Int32) {
        server.beginBatch()
        let replies = serveBatch(received)
        let sent = batch.send(to: socket, count: received)
        if sent < replies {
            counters.add(UInt64(replies - sent), to: WorkerCounters.Field.unsent)
        }
    }

    /// Takes all that waits in `socket`, after the `received` queries that are in the batch.
    private mutating func fillBacklog(from socket: Int32, received: Int) {
        let now = Self.nowMilliseconds()
        backlogSocket = socket
        backlogMilliseconds = now
        var received = received
        // Bounded, for a peer may send as fast as this takes.
        for _ in 0..<Self.backlogBatchesMax {
            let dropped = backlog.push(batch, count: received, nowMilliseconds: now)
            if dropped > 0 { counters.add(UInt64(dropped), to: WorkerCounters.Field.shed) }
            if received < batch.capacity { return }
            received = batch.receive(from: socket)
        }
        answerBatch(received, to: socket)
    }

    /// Answers the newest of the queries that wait here.
    private mutating func serveBacklog() {
        unsafe server.origin = unsafe .datagrams(batch.slots, socket: backlogSocket)
        for _ in 0..<Self.batchesMax {
            let now = Self.nowMilliseconds()
            if now - backlogMilliseconds >= Self.backlogIntervalMilliseconds {
                fillBacklog(from: backlogSocket, received: batch.receive(from: backlogSocket))
            }
            let expired = backlog.expire(nowMilliseconds: now)
            if expired > 0 { counters.add(UInt64(expired), to: WorkerCounters.Field.shed) }
            let count = backlog.pop(into: batch)
            guard count > 0 else { return }
            answerBatch(count, to: backlogSocket)
        }
    }

    /// Serves the first `count` slots of the batch; the number of replies.
    private mutating func serveBatch(_ count: Int) -> Int {
        var receivedBytes = 0
        var sentBytes = 0
        var sent = 0
        for slot in 0..<count {
            let queryBytes = unsafe Int(batch.received[slot])
            unsafe server.prepare(slot, batch.queries + slot * batch.queryStride, count: queryBytes)
            receivedBytes += queryBytes
        }
        server.prefetch(count)
        for slot in 0..<count {
            let replyBytes = unsafe server.answer(
                slot,
                batch.queries + slot * batch.queryStride,
                reply: batch.replies + slot * batch.replyStride,
                overTCP: false
            )
            unsafe batch.toSend[slot] = UInt32(truncatingIfNeeded: replyBytes)
            sentBytes += replyBytes
            if replyBytes > 0 { sent += 1 }
        }
        counters.add(UInt64(count), to: WorkerCounters.Field.overUDP)
        counters.add(UInt64(receivedBytes), to: WorkerCounters.Field.receivedBytes)
        counters.add(UInt64(sentBytes), to: WorkerCounters.Field.sentBytes)
        return sent
    }

    /// Sends what a forwarder has found out, and messages of zone transfers.
    private mutating func sendLateReplies(nowMilliseconds: Int64) {
        guard let mailbox = server.mailbox else { return }
        server.beginBatch()
        for delivery in mailbox.takeAll() {
            let code = Int(delivery.responseCode)
            if delivery.part?.isLast ?? true {
                counters.add(1, to: WorkerCounters.Field.responseCodes + code)
            }
            if delivery.isTruncated { counters.add(1, to: WorkerCounters.Field.truncated) }
            switch delivery.destination {
            case .datagram(let socket, let peer):
                var peer = peer
                let count = UInt64(delivery.bytes.count)
                let isSent = unsafe datagram_send(socket, &peer, delivery.bytes, count) >= 0
                counters.add(isSent ? count : 0, to: WorkerCounters.Field.sentBytes)
                if !isSent { counters.add(1, to: WorkerCounters.Field.unsent) }
            case .inProcess:
                break
            case .stream(let token):
                streams.deliver(
                    delivery.bytes,
                    delivery.part,
                    to: token,
                    with: &server,
                    nowMilliseconds: nowMilliseconds
                )
            }
        }
    }

    private static func nowMilliseconds() -> Int64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}
