internal import DNSWire

/// A client that may have a zone and waits for it.
struct TransferRequest: Sendable {
    let head: ReplyHead
    let client: IPAddress
    /// What an IXFR client has; nil for AXFR.
    let knownSerial: UInt32?
    let destination: ReplyDestination
    /// Nil when the destination has no worker.
    let mailbox: ReplyMailbox?

    var zone: DomainName { head.question.name }

    /// Hands a message over; nothing else of the transfer may be made before its turn comes back.
    func send(_ bytes: [UInt8], _ responseCode: ResponseCode = .noError, _ part: TransferPart) {
        switch destination {
        case .inProcess(let ticket, let deliver):
            deliver(
                LateReply(
                    ticket: ticket,
                    bytes: bytes,
                    responseCode: responseCode.rawValue,
                    part: part
                )
            )
        case .stream, .datagram:
            mailbox?.post(
                ReplyDelivery(
                    destination: destination,
                    bytes: bytes,
                    responseCode: responseCode.rawValue,
                    part: part
                )
            )
        }
    }
}
