package import DNSResponder
internal import DNSWire
package import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import Synchronization
package import TransportSecurity

/// DNS over TLS and over HTTPS.
///
/// What enters: connections. What leaves: the replies that DNS over TCP would give. It has threads
/// of its own, so that handshakes cost neither the plain transports nor the registry's API their
/// time. It may not know any other edge.
package struct EncryptedDNSService: Service {
    /// Where it listens, with the real port where 0 was asked for.
    package let tlsAddresses: [ListenAddress]
    package let httpsAddresses: [ListenAddress]
    /// What became of the connections of each kind of listener.
    package let listeners: [TLSListener]

    private let channels: [any Channel]
    private let group: MultiThreadedEventLoopGroup
    private let backend: AnswerSource
    private let timedOut: TimeoutTally

    /// Listens on all addresses of the settings, or on none.
    ///
    /// Connections wait in the system's queue until `run` is called: none is served before the
    /// process has given up its privileges.
    package static func bind(
        _ settings: EncryptedDNSSettings,
        credentials: TLSCredentials,
        answers: EncryptedDNSAnswers,
        logger: Logger
    ) async throws -> EncryptedDNSService {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(settings.threads, 1))
        var channels: [any Channel] = []
        do {
            let backend = try await AnswerSource(answers, on: group)
            let timedOut = TimeoutTally()
            let setup = ConnectionSetup(
                settings: settings,
                budget: ConnectionBudget(
                    total: settings.connectionsMax,
                    perClient: settings.connectionsPerClientMax,
                    workers: settings.threads
                ),
                responders: backend.responders,
                timedOut: timedOut
            )
            let tls = try TLSListener(
                "dns_tls",
                credentials: credentials,
                protocols: ["dot"],
                logger: logger
            )
            let https = try TLSListener(
                "dns_https",
                credentials: credentials,
                protocols: ["h2", "http/1.1"],
                answersPlainHTTP: true,
                logger: logger
            )
            for address in settings.tlsListen {
                channels.append(
                    try await listen(address, "DNS over TLS", group) {
                        try setup.setUpStream($0, tls)
                    }
                )
            }
            for address in settings.httpsListen {
                channels.append(
                    try await listen(address, "DNS over HTTPS", group) {
                        try setup.setUpHTTP($0, https)
                    }
                )
            }
            let bound = zip(settings.tlsListen + settings.httpsListen, channels).map {
                ListenAddress(
                    address: $0.address,
                    port: UInt16($1.localAddress?.port ?? Int($0.port))
                )
            }
            return EncryptedDNSService(
                tlsAddresses: Array(bound.prefix(settings.tlsListen.count)),
                httpsAddresses: Array(bound.dropFirst(settings.tlsListen.count)),
                listeners: (settings.tlsListen.isEmpty ? [] : [tls])
                    + (settings.httpsListen.isEmpty ? [] : [https]),
                channels: channels,
                group: group,
                backend: backend,
                timedOut: timedOut
            )
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    /// Serves until the service is asked to stop.
    package func run() async throws {
        for channel in channels { try await channel.setOption(.autoRead, value: true).get() }
        try? await gracefulShutdown()
        for channel in channels { try? await channel.close() }
        await close()
    }

    /// Closes listeners and connections.
    package func close() async {
        backend.stop()
        // Closes all channels of its loops.
        try? await group.shutdownGracefully()
    }

    /// Puts other protection in force: whom to answer, and with which cookies.
    package func replaceProtection(_ settings: ProtectionSettings) {
        backend.replaceProtection(settings)
    }

    package var metrics: EncryptedDNSMetrics {
        var metrics = backend.metrics
        metrics.timedOut = timedOut.count
        return metrics
    }

    private static func listen(
        _ address: ListenAddress,
        _ transport: String,
        _ group: MultiThreadedEventLoopGroup,
        _ setUp: @escaping @Sendable (any Channel) throws -> Void
    ) async throws -> any Channel {
        do {
            return try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 1024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.autoRead, value: false)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try setUp(channel) }
                }
                .bind(host: "\(address.address)", port: Int(address.port)).get()
        } catch {
            throw EncryptedDNSError(error, address: address, transport: transport)
        }
    }
}
