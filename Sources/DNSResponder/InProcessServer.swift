package import DNSWire

/// The workers' code for one packet, without threads and sockets: for other transports, tests,
/// tools and fuzzing.
///
/// One thread at a time may use it.
package final class InProcessServer {
    /// What became of a query.
    package enum Outcome: Equatable, Sendable {
        case reply([UInt8])
        /// No query: it is not answered.
        case silence
        /// The reply comes by the ticket.
        case later
    }

    private var server: QueryServer
    /// What other threads may do with it.
    package let handle: InProcessHandle
    private var counters: WorkerCounters { handle.counters }
    /// Readable bytes after the query, as in the workers' buffers.
    private static let slackBytes = 64

    /// Takes one of the readers of `table`; nil when all are in use.
    ///
    /// What `forwarder` answers later goes to `deliver`, on any thread; without it, and for queries
    /// without a ticket, there is no later and the reply is SERVFAIL.
    package init?(
        configuration: ResponderConfiguration,
        table: AnswerTable,
        fallback: any QueryFallback,
        forwarder: (any QueryForwarder)? = nil,
        transfers: ZoneTransfers? = nil,
        deliver: (@Sendable (LateReply) -> Void)? = nil
    ) {
        let board = ProtectionBoard(configuration.protection, workers: 1)
        guard let reader = table.makeReader(), let protection = board.makeReader() else {
            return nil
        }
        handle = InProcessHandle(board)
        server = unsafe QueryServer(
            reader: reader,
            hashKey: table.hashKey,
            settings: ReplySettings(configuration),
            protection: protection,
            counters: handle.counters,
            fallback: fallback,
            forwarding: forwarder.map {
                QueryForwarding(
                    forwarder: $0,
                    mailbox: nil,
                    deliver: deliver,
                    budget: PendingBudget(
                        total: configuration.pendingRepliesMax,
                        perConnection: configuration.pendingRepliesPerConnectionMax
                    )
                )
            },
            transfers: transfers.map {
                TransferHandover($0, mailbox: nil, deliver: deliver)
            }
        )
    }

    /// Puts other protection in force.
    package func replaceProtection(_ settings: ProtectionSettings) {
        handle.replaceProtection(settings)
    }

    /// Makes time stand still: Unix time for cookies, and a time of its own for rates.
    package func setTime(unixSeconds: UInt32, milliseconds: UInt32) {
        server.clock = QueryClock(fixedSeconds: unixSeconds, milliseconds: milliseconds)
    }

    /// Who asks in the measurements.
    package func setClient(_ client: IPAddress?) {
        unsafe server.origin = unsafe .inProcess(client: client)
    }

    /// What the served packets were counted as.
    package func currentCounters() -> ResponderCounters { handle.currentCounters() }

    /// Serves `message`, which came over a connection of `client` that is owed `pending` replies.
    ///
    /// The reply is the one that TCP gives, and may come later under `ticket`; with
    /// `takesTransfers` as the messages of a whole zone, one after another.
    package func serve(
        _ message: [UInt8],
        client: IPAddress?,
        ticket: UInt64,
        takesTransfers: Bool = false,
        pending: inout Int
    ) -> Outcome {
        let owed = pending
        server.connectionPending = owed
        let reply = unsafe serve(
            message,
            overTCP: true,
            from: .inProcess(client: client, ticket: ticket, takesTransfers: takesTransfers)
        )
        pending = server.connectionPending
        server.connectionPending = 0
        if let reply { return .reply(reply) }
        return pending > owed ? .later : .silence
    }

    /// Counts a late reply that was sent.
    package func count(_ late: LateReply) {
        guard late.part?.isLast ?? true else { return }
        counters.add(1, to: WorkerCounters.Field.responseCodes + Int(late.responseCode))
    }

    /// The reply to `message`, which may be any bytes and came from `client`; nil for silence.
    package func serve(
        _ message: [UInt8],
        overTCP: Bool = false,
        client: IPAddress? = nil
    ) -> [UInt8]? {
        unsafe serve(message, overTCP: overTCP, from: .inProcess(client: client))
    }

    private func serve(
        _ message: [UInt8],
        overTCP: Bool,
        from origin: QueryOrigin
    ) -> [UInt8]? {
        unsafe server.origin = unsafe origin
        let padded = message + [UInt8](repeating: 0, count: Self.slackBytes)
        server.beginBatch()
        let reply = unsafe [UInt8](unsafeUninitializedCapacity: QueryServer.replyBytesMax) {
            reply,
            count in
            count = unsafe padded.withUnsafeBufferPointer { query in
                guard let query = query.baseAddress, let reply = reply.baseAddress else { return 0 }
                return unsafe server.serve(
                    query,
                    count: message.count,
                    reply: reply,
                    overTCP: overTCP
                )
            }
        }
        server.reader.rest()
        return reply.isEmpty ? nil : reply
    }

    /// Serves `message` `times` times into one buffer, for measurements; the bytes of the last
    /// reply.
    package func serve(_ message: [UInt8], times: Int) -> Int {
        let padded = message + [UInt8](repeating: 0, count: Self.slackBytes)
        var reply = [UInt8](repeating: 0, count: QueryServer.replyBytesMax)
        return unsafe padded.withUnsafeBufferPointer { query in
            unsafe reply.withUnsafeMutableBufferPointer { reply in
                guard let query = query.baseAddress, let reply = reply.baseAddress else { return 0 }
                return unsafe Self.loop(
                    &server,
                    query: query,
                    count: message.count,
                    reply: reply,
                    times: times
                )
            }
        }
    }

    /// Serves `messages` in turn, `times` in all, `batch` at once as workers do, for measurements;
    /// the bytes of all replies.
    package func serve(_ messages: [[UInt8]], times: Int, batch: Int) -> Int {
        let batch = min(max(batch, 1), QueryServer.batchMax, messages.count)
        let stride = (messages.map(\.count).max() ?? 0) + Self.slackBytes
        var queries = [UInt8](repeating: 0, count: stride * messages.count)
        for (index, message) in messages.enumerated() {
            queries.replaceSubrange(index * stride..<index * stride + message.count, with: message)
        }
        let counts = messages.map(\.count)
        var reply = [UInt8](repeating: 0, count: QueryServer.replyBytesMax)
        return unsafe queries.withUnsafeBufferPointer { queries in
            unsafe reply.withUnsafeMutableBufferPointer { reply in
                guard let base = queries.baseAddress, let reply = reply.baseAddress else {
                    return 0
                }
                var next = 0
                var replyBytes = 0
                var left = times
                while left > 0 {
                    let count = min(batch, left)
                    left -= count
                    if next + count > counts.count { next = 0 }
                    server.beginBatch()
                    for slot in 0..<count {
                        let query = unsafe base + (next + slot) * stride
                        unsafe server.prepare(slot, query, count: counts[next + slot])
                    }
                    server.prefetch(count)
                    for slot in 0..<count {
                        let query = unsafe base + (next + slot) * stride
                        replyBytes += unsafe server.answer(
                            slot,
                            query,
                            reply: reply,
                            overTCP: false
                        )
                    }
                    next += count
                }
                server.reader.rest()
                return replyBytes
            }
        }
    }

    private static func loop(
        _ server: inout QueryServer,
        query: UnsafePointer<UInt8>,
        count: Int,
        reply: UnsafeMutablePointer<UInt8>,
        times: Int
    ) -> Int {
        var last = 0
        for _ in 0..<times {
            server.beginBatch()
            last = unsafe server.serve(query, count: count, reply: reply, overTCP: false)
        }
        server.reader.rest()
        return last
    }
}
