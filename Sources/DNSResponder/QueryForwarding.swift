/// What a worker needs to leave queries to a forwarder.
///
/// A class, so that to see that there is none costs one comparison.
final class QueryForwarding: Sendable {
    let forwarder: any QueryForwarder
    /// Where late replies come back to the worker; nil without sockets.
    let mailbox: ReplyMailbox?
    /// Takes late replies to queries that came by other transports.
    let deliver: (@Sendable (LateReply) -> Void)?
    let budget: PendingBudget

    init(
        forwarder: any QueryForwarder,
        mailbox: ReplyMailbox?,
        deliver: (@Sendable (LateReply) -> Void)? = nil,
        budget: PendingBudget
    ) {
        self.forwarder = forwarder
        self.mailbox = mailbox
        self.deliver = deliver
        self.budget = budget
    }
}
