package import DNSWire

/// One answered DNS query, as a diagnostic tool shows it.
package struct DNSExchange: Sendable {
    package var query: Message
    package var response: Message
    package var responseBytes: Int
    /// True when the answer came over TCP, by wish or because UDP was too small.
    package var overTCP: Bool
    package var elapsed: Duration
    /// The server, such as `127.0.0.1:8600`.
    package var server: String

    package init(
        query: Message,
        response: Message,
        responseBytes: Int,
        overTCP: Bool,
        elapsed: Duration,
        server: String
    ) {
        self.query = query
        self.response = response
        self.responseBytes = responseBytes
        self.overTCP = overTCP
        self.elapsed = elapsed
        self.server = server
    }
}
