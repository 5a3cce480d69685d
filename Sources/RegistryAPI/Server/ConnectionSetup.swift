internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import TransportSecurity

/// Builds the pipeline of each connection that a listener accepts.
struct ConnectionSetup: Sendable {
    let http: HTTP1Channel
    let direct: DirectRequestHandler.Setting
    let settings: APISettings
    let connections: ConnectionRegistry
    /// Nil for plain HTTP.
    let tls: TLSListener?
    let logger: Logger

    func setUp(_ channel: any Channel) -> EventLoopFuture<HTTP1Channel.Value> {
        let peer = channel.remoteAddress
        let client = ClientPresence(
            address: peer?.ipAddress,
            port: peer?.port,
            mayWrite: settings.allowedWriters.admits(peer?.ipAddress)
        )
        // Closed below, before a byte is read.
        let isStranger = !settings.allowedClients.admits(peer?.ipAddress)
        if isStranger { connections.refuseStranger(peer?.ipAddress, logger) }
        let isWelcome = !isStranger && connections.add(channel, client)
        return channel.eventLoop.makeCompletedFuture {
            // One that is refused must not cost any cryptography.
            if isWelcome { try tls?.secure(channel) }
            let end = ConnectionGuard(client: client, settings: settings)
            try channel.pipeline.syncOperations.addHandler(end)
        }
        .flatMap {
            http.setup(channel: channel, logger: logger)
        }
        .flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(
                DirectRequestHandler(
                    direct,
                    client: client,
                    exit: pipeline.handler(type: ConnectionGuard.self)
                ),
                position: .after(
                    pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
                )
            )
            if !isWelcome { refuse(channel) }
            return value
        }
    }

    /// Says why and closes; at the limit of connections there is no room for more politeness.
    private func refuse(_ channel: any Channel) {
        tls?.didRefuse()
        logger.debug("connection refused: too many are open, or not from its address")
        channel.close(promise: nil)
    }
}
