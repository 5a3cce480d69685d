internal import DNSWire

/// The `http` section: what the API grants its clients.
struct HTTPSettings: Hashable, Sendable {
    /// Connections of others are closed at once; empty: everybody's are served.
    var allowedClients: [NetworkPrefix] = []
    /// Others may only read; empty: everybody who may connect may write.
    var allowedWriters: [NetworkPrefix] = []
    var bodyBytesMax = 1 << 20
    /// The same for `POST /import`, whose body is read as it comes.
    var importBytesMax = 64 << 20
    /// Of all bodies together that are being read or acted upon.
    var bodiesBytesMax = 256 << 20
    /// Of all header fields of a request together.
    var headerBytesMax = 64 << 10
    var headersMax = 200
    var connectionsMax = 10_000
    /// How long a client may take to send the head of a request, and then its body.
    var requestTimeout = Duration.seconds(15)
    /// A connection without a request is closed after so long.
    var idleTimeout = Duration.seconds(120)
}
