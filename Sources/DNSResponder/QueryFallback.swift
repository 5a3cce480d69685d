package import DNSWire

/// The question that the answer table could not answer.
package struct FallbackQuery: Sendable {
    /// As the client spelled it.
    package var name: DomainName
    package var type: RecordType
    package var overTCP: Bool
    /// Who asked; nil when the question came over no socket.
    package var client: IPAddress?
    /// For whom the client asked, when it told.
    package var clientSubnet: ClientSubnet?

    package init(
        name: DomainName,
        type: RecordType,
        overTCP: Bool,
        client: IPAddress? = nil,
        clientSubnet: ClientSubnet? = nil
    ) {
        self.name = name
        self.type = type
        self.overTCP = overTCP
        self.client = client
        self.clientSubnet = clientSubnet
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
    /// For how many bits of the client's subnet the answer holds; nil, like 0, for every client.
    ///
    /// Told only to those that sent a subnet (RFC 7871 §7.2.1).
    package var scopePrefixLength: Int?
    /// Where the last alias of the answer leads, when that is outside all zones.
    ///
    /// A forwarder, if there is one, goes on from there.
    package var outsideTarget: DomainName?

    package init(
        responseCode: ResponseCode,
        isAuthoritative: Bool = true,
        answer: [ResourceRecord] = [],
        authority: [ResourceRecord] = [],
        additional: [ResourceRecord] = [],
        note: ExtendedError? = nil,
        scopePrefixLength: Int? = nil,
        outsideTarget: DomainName? = nil
    ) {
        self.responseCode = responseCode
        self.isAuthoritative = isAuthoritative
        self.answer = answer
        self.authority = authority
        self.additional = additional
        self.note = note
        self.scopePrefixLength = scopePrefixLength
        self.outsideTarget = outsideTarget
    }
}

/// The slow path: called on worker threads for the rare query, so it may allocate but must not
/// block.
package protocol QueryFallback: Sendable {
    /// Answers `query`; every query gets a reply.
    func answer(_ query: FallbackQuery) -> FallbackReply
}
