import DNSWire
import TestSupport

/// One question as it went out and the reply as it came, in bytes.
struct Exchange {
    let query: Message
    let queryBytes: [UInt8]
    let replyBytes: [UInt8]
    let reply: Message
    let isOverTCP: Bool

    init(_ query: Message, over kind: NetworkSocket.Kind, to server: DNSClient) throws {
        self.query = query
        queryBytes = query.encoded()
        isOverTCP = kind == .tcp
        switch kind {
        case .udp:
            guard let bytes = try server.exchangeUDP(queryBytes) else {
                throw UnexpectedAnswer(description: "\(query.questions): no reply")
            }
            replyBytes = bytes
        case .tcp: replyBytes = try server.exchangeTCP(queryBytes)
        }
        do {
            reply = try Message(decoding: replyBytes)
        } catch {
            throw UnexpectedAnswer(description: "\(query.questions): \(error)")
        }
    }

    /// The largest reply that the client takes.
    var replyBytesMax: Int {
        if isOverTCP { return WireLimits.messageBytesMax }
        return max(512, Int(query.edns?.udpPayloadBytes ?? 512))
    }

    var isNegative: Bool { reply.answer.isEmpty && reply.header.isAuthoritative }

    var question: Question { query.questions[0] }
}
