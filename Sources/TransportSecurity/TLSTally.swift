/// What became of a listener's connections until they were encrypted.
package struct TLSTally: Hashable, Sendable {
    /// How a handshake ended.
    package enum Result: String, CaseIterable, Hashable, Sendable {
        case completed
        /// No common version, a bad certificate of the client, a broken connection.
        case failed
        case timedOut = "timed_out"
        /// The first byte was none of TLS.
        case notTLS = "not_tls"
    }

    package internal(set) var handshakes: [Result: Int] = [:]
    /// Closed because too many were open.
    package internal(set) var refused = 0
    package internal(set) var open = 0

    package init() {}
}
