internal import DNSResponder
internal import DNSWire
internal import NIOCore

/// Answers the queries of all connections of one event loop.
///
/// It has its own view of the answer table, as each worker of the plain transports has.
final class LoopResponder {
    private let server: InProcessServer
    private let messages: MessageTally
    private var nextTicket: UInt64 = 0
    /// Who waits for a late reply.
    private var waiting: [UInt64: ([UInt8], LateReply) -> Void] = [:]

    init(_ server: InProcessServer, messages: MessageTally) {
        self.server = server
        self.messages = messages
    }

    /// What a query comes to, and how many bytes it and its reply were.
    ///
    /// - Parameters:
    ///   - pending: the late replies that the connection is owed.
    ///   - later: called on this loop with the bytes to send of a late reply, once, or of each
    ///     message of a zone transfer until `forget`, unless the process ends before.
    func answer(
        _ query: [UInt8],
        from client: IPAddress?,
        over transport: MessageTally.Transport,
        pending: inout Int,
        later: @escaping ([UInt8], LateReply) -> Void
    ) -> InProcessServer.Outcome {
        nextTicket += 1
        let isPadded = ReplyPadding.isWanted(by: query)
        messages.didReceive(query.count, over: transport)
        let outcome = server.serve(
            query,
            client: client,
            ticket: nextTicket,
            takesTransfers: transport == .tls,
            pending: &pending
        )
        switch outcome {
        case .reply(let reply):
            let sent = isPadded ? ReplyPadding.padded(reply) : reply
            messages.didSend(sent.count)
            return .reply(sent)
        case .silence:
            return .silence
        case .later:
            waiting[nextTicket] = { [messages] reply, late in
                // Zones are not padded: their length tells of no question.
                let sent = isPadded && late.part == nil ? ReplyPadding.padded(reply) : reply
                messages.didSend(sent.count)
                later(sent, late)
            }
            return .later
        }
    }

    /// Hands a late reply to who waits for it.
    func take(_ late: LateReply) {
        guard let handOver = waiting[late.ticket] else { return }
        if late.part?.isLast ?? true { waiting[late.ticket] = nil }
        server.count(late)
        handOver(late.bytes, late)
    }

    /// Whoever waited for the messages of this zone transfer is gone.
    func forget(_ ticket: UInt64) { waiting[ticket] = nil }
}
