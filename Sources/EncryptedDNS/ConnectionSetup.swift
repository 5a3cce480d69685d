internal import DNSResponder
internal import DNSWire
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTP2
internal import NIOTLS
internal import TransportSecurity

/// Builds the pipeline of each connection that is accepted.
struct ConnectionSetup: Sendable {
    let settings: EncryptedDNSSettings
    let budget: ConnectionBudget
    /// By event loop.
    let responders: [ObjectIdentifier: NIOLoopBound<LoopResponder>]
    let timedOut: TimeoutTally

    /// One stream answers one query; more are sent when these are done.
    private static let streamsMax = 100
    /// Of all header fields of a request.
    private static let headerBytesMax = 16 << 10

    /// What all handlers of one connection share.
    private struct Connection {
        var responder: LoopResponder
        var idle: IdleGuard
        var client: IPAddress
    }

    /// DNS over TLS.
    func setUpStream(_ channel: any Channel, _ tls: TLSListener) throws {
        guard let connection = try open(channel, tls) else { return }
        try channel.pipeline.syncOperations.addHandler(
            StreamQueryHandler(
                connection.responder,
                idle: connection.idle,
                client: connection.client
            )
        )
    }

    /// DNS over HTTPS: HTTP/2 for clients that can, else HTTP/1.1.
    func setUpHTTP(_ channel: any Channel, _ tls: TLSListener) throws {
        guard let connection = try open(channel, tls) else { return }
        let loop = channel.eventLoop
        try channel.pipeline.syncOperations.addHandler(
            ApplicationProtocolNegotiationHandler { result, channel in
                loop.makeCompletedFuture {
                    if result == .negotiated("h2") {
                        try addHTTP2(channel, connection)
                    } else {
                        try addHTTP1(channel, connection)
                    }
                }
            }
        )
    }

    /// What every connection begins with; nil for one that finds no place.
    private func open(_ channel: any Channel, _ tls: TLSListener) throws -> Connection? {
        // One that is gone already has no address.
        guard let client = IPAddress(channel.remoteAddress),
            let responder = responders[ObjectIdentifier(channel.eventLoop)],
            budget.take(client) == .taken
        else {
            tls.didRefuse()
            channel.close(promise: nil)
            return nil
        }
        channel.closeFuture.whenComplete { [budget] _ in budget.giveBack(client) }
        try tls.secure(channel)
        let idle = IdleGuard(timeout: settings.idleTimeout, timedOut: timedOut)
        try channel.pipeline.syncOperations.addHandler(idle)
        return Connection(responder: responder.value, idle: idle, client: client)
    }

    private func addHTTP1(_ channel: any Channel, _ connection: Connection) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = Self.headerBytesMax
        limits.maxHeaderListSize = Self.headerBytesMax
        let pipeline = channel.pipeline.syncOperations
        try pipeline.configureHTTPServerPipeline(
            withEncoderConfiguration: HTTPResponseEncoder.Configuration(),
            withDecoderLimitConfiguration: limits
        )
        try pipeline.addHandler(
            HTTPQueryHandler(
                connection.responder,
                idle: connection.idle,
                client: connection.client
            )
        )
    }

    private func addHTTP2(_ channel: any Channel, _ connection: Connection) throws {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: Self.streamsMax),
            HTTP2Setting(parameter: .maxHeaderListSize, value: Self.headerBytesMax),
        ]
        let shared = NIOLoopBound(connection, eventLoop: channel.eventLoop)
        _ = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
            mode: .server,
            connectionConfiguration: configuration,
            streamConfiguration: NIOHTTP2Handler.StreamConfiguration()
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                let connection = shared.value
                try stream.pipeline.syncOperations.addHandlers([
                    HTTP2FramePayloadToHTTP1ServerCodec(),
                    HTTPQueryHandler(
                        connection.responder,
                        idle: connection.idle,
                        client: connection.client
                    ),
                ])
            }
        }
    }
}
