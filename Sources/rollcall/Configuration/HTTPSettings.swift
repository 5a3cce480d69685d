/// The `http` section.
struct HTTPSettings: Hashable, Sendable {
    var bodyBytesMax = 1 << 20
    var connectionsMax = 10_000
    var headerBytesMax = 16 << 10
    var headersMax = 100
    /// How long a client may take to send a request, and to stay silent between two.
    var idleTimeout = Duration.seconds(60)
}
