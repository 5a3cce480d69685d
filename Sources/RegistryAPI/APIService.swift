internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
package import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import ServiceCatalog
internal import ServiceLifecycle
package import TransportSecurity

/// The HTTP server with both APIs.
///
/// It is made by `bind`, which fails with the address and the reason while nothing is announced
/// yet; it answers from `run` on. One that is bound must be run or closed.
package struct APIService: Service {
    /// Where it listens, as `host:port`, with the real port where 0 was asked for.
    package let addresses: [(host: String, port: Int)]
    /// The same for HTTPS.
    package let secureAddresses: [(host: String, port: Int)]

    private let listeners: [Listener]
    private let connections: ConnectionRegistry
    private let http: HTTP1Channel
    private let api: APIContext
    private let settings: APISettings
    private let logger: Logger

    private typealias Listener = NIOAsyncChannel<HTTP1Channel.Value, Never>

    /// Listens on all of `addresses`, or on none.
    ///
    /// Connections wait in the system's queue until `run` is called.
    /// - Parameters:
    ///   - addresses: IP addresses or host names; a port of 0 is any free one.
    ///   - secureAddresses: those of HTTPS.
    ///   - tls: stands before HTTP on those.
    /// - Throws: `APIServiceError` for the first address that cannot be had.
    package static func bind(
        to addresses: [(host: String, port: Int)],
        securely secureAddresses: [(host: String, port: Int)] = [],
        tls: TLSListener? = nil,
        api: APIContext,
        settings: APISettings = APISettings(),
        logger: Logger
    ) async throws(APIServiceError) -> APIService {
        let connections = ConnectionRegistry(
            connectionsMax: settings.connectionsMax,
            bodiesBytesMax: settings.bodiesBytesMax,
            tally: api.connections
        )
        let date = HTTPDate()
        var api = api
        let direct = makeDirect(api, settings, date, logger)
        // Direct requests know their record; all others find that of their task.
        if api.audit != nil { api.log = AuditedLog(log: api.log) }
        let http = makeHTTP(api, settings, connections, date, logger)
        var listeners: [Listener] = []
        let all = addresses.map { ($0, nil as TLSListener?) } + secureAddresses.map { ($0, tls) }
        for (address, tls) in all {
            let setup = ConnectionSetup(
                http: http,
                direct: direct,
                settings: settings,
                connections: connections,
                tls: tls,
                logger: logger
            )
            do {
                listeners.append(try await listen(on: address, setup))
            } catch {
                for listener in listeners { await close(listener) }
                throw APIServiceError(error, host: address.host, port: address.port)
            }
        }
        let bound = zip(addresses + secureAddresses, listeners).map { asked, listener in
            (host: asked.host, port: listener.channel.localAddress?.port ?? asked.port)
        }
        return APIService(
            addresses: Array(bound.prefix(addresses.count)),
            secureAddresses: Array(bound.dropFirst(addresses.count)),
            listeners: listeners,
            connections: connections,
            http: http,
            api: api,
            settings: settings,
            logger: logger
        )
    }

    /// How many connections are open.
    package var connectionCount: Int { connections.count }

    /// True while large bodies of requests are refused, or soon will be.
    package var isShortOfBodies: Bool { connections.bodies.isNearlyFull }

    /// Answers requests until the service is asked to stop; then lets running ones end, for a time.
    package func run() async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { await serve() }
            group.addTask {
                try? await gracefulShutdown()
                await stop()
            }
            try await group.next()
            group.cancelAll()
            while let result = await group.nextResult() { _ = result }
        }
    }

    /// Stops listening without ever having served.
    package func close() async {
        for listener in listeners { await Self.close(listener) }
    }
}

// MARK: - Serving

extension APIService {
    /// Runs until all listeners are closed and all connections have ended.
    private func serve() async {
        await withDiscardingTaskGroup { group in
            for listener in listeners {
                group.addTask { await serve(listener) }
            }
        }
    }

    private func serve(_ listener: Listener) async {
        await withDiscardingTaskGroup { group in
            do {
                try await listener.executeThenClose { inbound in
                    try await listener.channel.setOption(.autoRead, value: true).get()
                    listener.channel.read()
                    for try await connection in inbound {
                        group.addTask { await http.handle(value: connection, logger: logger) }
                    }
                }
            } catch {
                logger.error("http listener failed", metadata: ["error": "\(error)"])
            }
        }
    }

    private func stop() async {
        for listener in listeners { listener.channel.close(promise: nil) }
        connections.stop()
        try? await Task.sleep(for: settings.stopTimeout)
        connections.closeAll()
    }
}

// MARK: - Setting up

extension APIService {
    private static func listen(
        on address: (host: String, port: Int),
        _ setup: ConnectionSetup
    ) async throws -> Listener {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .bind(
                host: address.host,
                port: address.port,
                serverBackPressureStrategy: nil
            ) { channel in
                setup.setUp(channel)
            }
    }

    private static func close(_ listener: Listener) async {
        try? await listener.executeThenClose { _ in }
    }

    private static func makeDirect(
        _ api: APIContext,
        _ settings: APISettings,
        _ date: HTTPDate,
        _ logger: Logger
    ) -> DirectRequestHandler.Setting {
        var routes = DirectRoutes()
        addNativeRoutes(to: &routes, context: api)
        addConsulRoutes(to: &routes, context: api)
        return DirectRequestHandler.Setting(
            routes: routes,
            api: api,
            log: api.log,
            bodyBytesMax: settings.bodyBytesMax,
            headerBytesMax: settings.headerBytesMax,
            headersMax: settings.headersMax,
            defaultPolicy: api.access.settings.defaultPolicy,
            date: date,
            logger: logger
        )
    }

    private static func makeHTTP(
        _ api: APIContext,
        _ settings: APISettings,
        _ connections: ConnectionRegistry,
        _ date: HTTPDate,
        _ logger: Logger
    ) -> HTTP1Channel {
        var routes = RouteTable()
        addNativeRoutes(to: &routes, context: api)
        addConsulRoutes(to: &routes, context: api)
        let responder = RequestResponder(
            routes: routes.makeResponder(
                defaultPolicy: api.access.settings.defaultPolicy,
                audit: api.audit.map { AuditMiddleware(trail: $0, api: api) }
            ),
            settings: settings,
            connections: connections,
            date: date,
            logger: logger
        )
        return HTTP1Channel(
            responder: { request, writer, channel in
                try await responder.respond(to: request, writer, channel)
            },
            configuration: HTTP1Channel.Configuration(
                // `ConnectionGuard` sees all requests, Hummingbird does not.
                idleTimeout: nil,
                httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                    maxHeaderFieldSize: settings.headerBytesMax,
                    maxHeaderListSize: settings.headerBytesMax,
                    maxHeaderFieldCount: settings.headersMax
                )
            )
        )
    }
}

extension APIServiceError {
    fileprivate init(_ error: any Error, host: String, port: Int) {
        let code: Code =
            switch (error as? IOError)?.errnoCode {
            case SystemErrors.addressInUse: .addressInUse
            case SystemErrors.permissionDenied: .permissionDenied
            case SystemErrors.addressUnusable: .addressUnusable
            default: error is SocketAddressError ? .addressUnusable : .other
            }
        let shownHost = host.contains(":") ? "[\(host)]" : host
        self.init(code: code, address: "\(shownHost):\(port)", reason: "\(error)")
    }
}
