package import DNSWire

/// A question that no zone of ours answers, or not to its end.
package struct ForwardedQuery: Sendable {
    /// As it came.
    package var asked: FallbackQuery
    /// The name to ask others for: the question's, or the one that its aliases lead to.
    package var target: DomainName
    /// What our zones said: the aliases on the way to `target`; nil when they know nothing of it.
    package var beginning: FallbackReply?
    /// The DO bit: the client wants signatures (RFC 3225).
    package var dnssecOK: Bool
    /// The CD bit: the client checks signatures itself (RFC 4035 §3.2.2).
    package var checkingDisabled: Bool

    package init(
        asked: FallbackQuery,
        target: DomainName,
        beginning: FallbackReply? = nil,
        dnssecOK: Bool = false,
        checkingDisabled: Bool = false
    ) {
        self.asked = asked
        self.target = target
        self.beginning = beginning
        self.dnssecOK = dnssecOK
        self.checkingDisabled = checkingDisabled
    }
}

/// What a forwarder does about a question.
package enum ForwardingDecision: Sendable {
    /// Nothing: the question is answered as if there were no forwarder.
    case declined
    /// It knows the answer already.
    case answered(FallbackReply)
    /// It asks others; `resolve` is called next.
    case later
}

/// Asks other servers what is outside our zones.
///
/// Called on worker threads: it may allocate but must not block. Queries without RD never come
/// here.
package protocol QueryForwarder: Sendable {
    func decide(_ query: ForwardedQuery) -> ForwardingDecision

    /// Finds the answer and sends it into `reply`, from any thread and at any time.
    func resolve(_ query: ForwardedQuery, into reply: PendingReply)
}
