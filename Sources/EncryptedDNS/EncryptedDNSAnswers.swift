package import DNSResponder

/// What the encrypted transports answer from: the same as the plain ones.
package struct EncryptedDNSAnswers: Sendable {
    package var configuration: ResponderConfiguration
    /// With a reader for each thread.
    package var table: AnswerTable
    package var fallback: any QueryFallback
    package var forwarder: (any QueryForwarder)?
    /// For those over TLS (RFC 9103), as a reply over HTTPS is one message; nil: nobody gets whole
    /// zones.
    package var transfers: ZoneTransfers?

    /// `configuration` gives the limits of replies; where it listens does not count.
    package init(
        configuration: ResponderConfiguration,
        table: AnswerTable,
        fallback: any QueryFallback,
        forwarder: (any QueryForwarder)?,
        transfers: ZoneTransfers? = nil
    ) {
        self.configuration = configuration
        self.table = table
        self.fallback = fallback
        self.forwarder = forwarder
        self.transfers = transfers
    }
}
