/// What the HTTP server grants its clients; each is configurable.
package struct APISettings: Hashable, Sendable {
    /// A larger body of a request is refused with 413.
    package var bodyBytesMax = 1 << 20
    /// The same for `/import`, whose body is read as it comes.
    package var importBytesMax = 64 << 20
    /// A larger snapshot is not restored; one at a time is.
    package var snapshotBytesMax = 1 << 30
    /// Of all bodies together, from their first byte until their requests are answered.
    package var bodiesBytesMax = 256 << 20
    /// Of one header field, and of all of them.
    package var headerBytesMax = 64 << 10
    /// More header fields are refused.
    package var headersMax = 200
    /// Over all listeners; further connections are closed at once.
    package var connectionsMax = 10_000
    /// A connection without a request is closed after so long.
    package var idleTimeout: Duration = .seconds(120)
    /// The head of a request must be there so long after its first byte.
    package var headTimeout: Duration = .seconds(15)
    /// The body must be there so long after its head.
    package var bodyTimeout: Duration = .seconds(15)
    /// A body that comes at least this fast is given more time.
    package var bodyBytesPerSecondMin = 16 << 10
    /// A client that takes nothing of its response for so long is dropped.
    package var writeTimeout: Duration = .seconds(30)
    /// Requests that run when the server stops may take so long to end.
    package var stopTimeout: Duration = .seconds(5)
    /// Silence in an event stream is broken by a comment after so long.
    package var eventStreamHeartbeat: Duration = .seconds(10)

    /// Connections of others are closed at once.
    package var allowedClients = ClientNetworks()
    /// Others may only read.
    package var allowedWriters = ClientNetworks()

    package init() {}
}
