package import DNSWire

/// The question that the answer table could not answer.
package struct FallbackQuery: Sendable {
    /// As the client spelled it.
    package var name: DomainName
    package var type: RecordType
    package var overTCP: Bool

    package init(name: DomainName, type: RecordType, overTCP: Bool) {
        self.name = name
        self.type = type
        self.overTCP = overTCP
    }
}

/// A reply before encoding: the responder adds question, OPT and truncation.
package struct FallbackReply: Hashable, Sendable {
    package var responseCode: ResponseCode
    package var isAuthoritative: Bool
    package var answer: [ResourceRecord]
    package var authority: [ResourceRecord]
    /// Glue and other optional records.
    package var additional: [ResourceRecord]
    package var note: ExtendedError?

    package init(
        responseCode: ResponseCode,
        isAuthoritative: Bool = true,
        answer: [ResourceRecord] = [],
        authority: [ResourceRecord] = [],
        additional: [ResourceRecord] = [],
        note: ExtendedError? = nil
    ) {
        self.responseCode = responseCode
        self.isAuthoritative = isAuthoritative
        self.answer = answer
        self.authority = authority
        self.additional = additional
        self.note = note
    }
}

/// The slow path: called on worker threads for the rare query, so it may allocate but must not
/// block.
package protocol QueryFallback: Sendable {
    /// Answers `query`; every query gets a reply.
    func answer(_ query: FallbackQuery) -> FallbackReply
}
