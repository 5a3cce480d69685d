package import DNSResponder

/// Where DNS is answered over encrypted transports, and what their clients are granted.
package struct EncryptedDNSSettings: Hashable, Sendable {
    /// DNS over TLS (RFC 7858).
    package var tlsListen: [ListenAddress] = []
    /// DNS over HTTPS (RFC 8484).
    package var httpsListen: [ListenAddress] = []
    /// Threads; each has its own view of the answers.
    package var threads = 1
    /// Of all listeners together; further ones are closed at once.
    package var connectionsMax = 1024
    /// Of one IPv4 address or one IPv6 network of 64 bits.
    package var connectionsPerClientMax = 64
    /// A connection without a whole query, or whose client takes no reply, is closed after so long.
    package var idleTimeout: Duration = .seconds(30)

    package init() {}

    package var isEmpty: Bool { tlsListen.isEmpty && httpsListen.isEmpty }
}
