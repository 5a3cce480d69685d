internal import DNSWire

/// What a reply mirrors of its query, as values: all that is needed to encode it at any time.
///
/// For the slow path: it allocates.
struct ReplyHead: Sendable {
    /// Identifier and flags, without a response code.
    let header: Header
    let question: Question
    /// Nil when the client speaks no EDNS; its options are those that every reply has.
    let edns: EDNS?
    let clientSubnet: ClientSubnet?
    /// The largest reply that the client takes.
    let bytesMax: Int

    /// The reply in wire form: question and OPT always, records as far as they fit, then the notes.
    func encode(_ answered: FallbackReply, zoneNote: EDNS.Option? = nil) -> [UInt8] {
        let responseCode = answered.responseCode.rawValue
        var message = Message(
            header: header,
            questions: [question],
            answer: answered.answer,
            authority: answered.authority,
            additional: answered.additional,
            edns: edns
        )
        message.header.isAuthoritative = answered.isAuthoritative
        message.header.responseCodeBits = UInt8(responseCode & 0xF)
        message.edns?.responseCodeHighBits = UInt8(responseCode >> 4)
        if let clientSubnet {
            let scope = answered.scopePrefixLength ?? 0
            let payload = clientSubnet.payload(scopePrefixLength: scope)
            message.edns?.options.append(
                EDNS.Option(code: EDNS.Option.clientSubnet, payload: payload)
            )
        }
        var bytes = message.encoded(bytesMax: bytesMax)
        guard edns != nil else { return bytes }
        var noteBytes = 0
        for option in [answered.note?.option, zoneNote].compactMap({ $0 }) {
            message.edns?.options.append(option)
            noteBytes += 4 + option.payload.count
            // A note costs no record its place.
            let noted = message.encoded(bytesMax: bytesMax + noteBytes)
            guard noted.count <= bytesMax else { break }
            bytes = noted
        }
        return bytes
    }
}
