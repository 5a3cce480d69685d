package import DNSResponder

/// What the encrypted transports have counted.
package struct EncryptedDNSMetrics: Hashable, Sendable {
    /// Queries and replies by type and code, as the plain transports count them.
    package internal(set) var queries = ResponderCounters()
    package internal(set) var overTLS = 0
    package internal(set) var overHTTPS = 0
    /// Of DNS messages, without what TLS and HTTP add.
    package internal(set) var receivedBytes = 0
    package internal(set) var sentBytes = 0
    /// Connections that asked for nothing for too long, or took no reply.
    package internal(set) var timedOut = 0

    package init() {}
}
