/// What a worker needs to leave transfers to the thread that makes them.
///
/// A class, so that to see that there is none costs one comparison.
final class TransferHandover: Sendable {
    let transfers: ZoneTransfers
    /// Where messages come back to the worker; nil without sockets.
    let mailbox: ReplyMailbox?
    /// Takes messages for clients that came by other transports.
    let deliver: (@Sendable (LateReply) -> Void)?

    init(
        _ transfers: ZoneTransfers,
        mailbox: ReplyMailbox?,
        deliver: (@Sendable (LateReply) -> Void)? = nil
    ) {
        self.transfers = transfers
        self.mailbox = mailbox
        self.deliver = deliver
    }
}
