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
    private var waiting: [UInt64: ([UInt8]) -> Void] = [:]

    init(_ server: InProcessServer, messages: MessageTally) {
        self.server = server
        self.messages = messages
    }

    /// What a query comes to, and how many bytes it and its reply were.
    ///
    /// - Parameters:
    ///   - pending: the late replies that the connection is owed.
    ///   - later: called on this loop with a late reply, once, unless the process ends before.
    func answer(
        _ query: [UInt8],
        from client: IPAddress?,
        over transport: MessageTally.Transport,
        pending: inout Int,
        later: @escaping ([UInt8]) -> Void
    ) -> InProcessServer.Outcome {
        nextTicket += 1
        let isPadded = ReplyPadding.isWanted(by: query)
        messages.didReceive(query.count, over: transport)
        let outcome = server.serve(query, client: client, ticket: nextTicket, pending: &pending)
        switch outcome {
        case .reply(let reply):
            let sent = isPadded ? ReplyPadding.padded(reply) : reply
            messages.didSend(sent.count)
            return .reply(sent)
        case .silence:
            return .silence
        case .later:
            waiting[nextTicket] = { [messages] reply in
                let sent = isPadded ? ReplyPadding.padded(reply) : reply
                messages.didSend(sent.count)
                later(sent)
            }
            return .later
        }
    }

    /// Hands a late reply to who waits for it.
    func take(_ late: LateReply) {
        guard let handOver = waiting.removeValue(forKey: late.ticket) else { return }
        server.count(late)
        handOver(late.bytes)
    }
}
