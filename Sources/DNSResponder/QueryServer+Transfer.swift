internal import DNSWire
internal import Synchronization

/// AXFR and IXFR: whole zones, for those who may have them (RFC 5936, RFC 1995).
extension QueryServer {
    /// Where late replies and messages of transfers come back to the worker; nil without sockets.
    var mailbox: ReplyMailbox? { forwarding?.mailbox ?? transfers?.mailbox }

    /// Answers a query for a whole zone, or leaves it to the thread that makes transfers.
    @inline(never)
    mutating func transfer(
        _ parsed: ParsedQuery,
        query: UnsafePointer<UInt8>,
        overTCP: Bool,
        into writer: inout ReplyWriter
    ) {
        guard let question = unsafe transferQuestion(parsed, query: query) else {
            return unsafe writer.refuse(.formatError, hasQuestion: true)
        }
        let protection = unsafe protection.protection
        guard let transfers, let client = unsafe origin.client(of: query),
            unsafe protection.pointee.transferClients.contains(client)
        else {
            // Nobody is told whether there is such a zone.
            unsafe transfers?.transfers.refuse(origin.client(of: query), question.name)
            return unsafe writer.refuse(.prohibited, hasQuestion: true)
        }
        let isIncremental = question.type == .ixfr
        let destination = overTCP ? transferDestination(transfers) : nil
        // As NSD and Knot answer what no datagram carries (RFC 5936 §4.2).
        guard destination != nil || isIncremental else {
            return unsafe writer.refuse(.notImplemented, hasQuestion: true)
        }
        guard let slots = unsafe reader.slots else { return unsafe writer.notReady() }
        unsafe current.pointee.name.foldAndHash(query + WireLimits.headerBytes)
        guard let entry = unsafe slots.find(current.pointee.name, label: 0),
            unsafe entry.pointee.isApex
        else { return unsafe writer.refuse(.notAuthoritative, hasQuestion: true) }
        var knownSerial: UInt32?
        if isIncremental {
            knownSerial = unsafe QueryParser.knownSerial(query, from: parsed.questionEnd)
            guard knownSerial != nil else {
                return unsafe writer.refuse(.formatError, hasQuestion: true)
            }
        }
        guard let destination else {
            // The client sees whether it has to come over TCP (RFC 1995 §2).
            return unsafe writer.startOfAuthority(entry, isAnswer: true)
        }
        let request = TransferRequest(
            head: unsafe writer.head(question),
            client: client,
            knownSerial: knownSerial,
            destination: destination,
            mailbox: transfers.mailbox
        )
        guard transfers.transfers.begin(request) else {
            return unsafe writer.write(Self.tooManyTransfers, to: question)
        }
        connectionPending += 1
        unsafe writer.leaveUnanswered()
    }

    private func transferQuestion(
        _ parsed: ParsedQuery,
        query: UnsafePointer<UInt8>
    ) -> Question? {
        let wire = unsafe Array(
            UnsafeBufferPointer(
                start: query + WireLimits.headerBytes,
                count: current.pointee.name.count
            )
        )
        guard let name = try? DomainName(wire: wire) else { return nil }
        return Question(name: name, type: RecordType(rawValue: parsed.type))
    }

    /// Where the messages go; nil when what the query came by carries one reply only.
    private func transferDestination(_ transfers: TransferHandover) -> ReplyDestination? {
        switch unsafe origin {
        case .stream(let token, _):
            return transfers.mailbox == nil ? nil : .stream(token)
        case .inProcess(_, let ticket, let takesTransfers):
            guard takesTransfers, let ticket, let deliver = transfers.deliver else { return nil }
            return .inProcess(ticket: ticket, deliver: deliver)
        case .datagrams:
            return nil
        }
    }

    private static var tooManyTransfers: FallbackReply {
        FallbackReply(
            responseCode: .serverFailure,
            isAuthoritative: false,
            note: ExtendedError(
                infoCode: ExtendedError.other,
                extraText: "too many zone transfers at once"
            )
        )
    }
}
