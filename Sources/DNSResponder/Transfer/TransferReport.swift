package import DNSWire

/// What became of a request for a whole zone.
package struct TransferReport: Hashable, Sendable {
    /// Names are those of the metric.
    package enum Result: String, CaseIterable, Sendable {
        /// The client has taken the whole zone.
        case completed
        /// The client has this serial already.
        case upToDate = "up_to_date"
        /// The client was gone, or did not read, before the end.
        case aborted
        /// A record does not fit into any message.
        case failed
        /// The client may not have zones.
        case refused
        /// As many transfers run as may.
        case overLimit = "over_limit"
    }

    package var result: Result
    package var zone: DomainName
    package var client: IPAddress?
    package var serial: UInt32 = 0
    package var messages = 0
    package var records = 0
    package var bytes = 0
    package var duration = Duration.zero
    /// Requests of this kind since the last report about one, this included.
    package var count = 1
}
