package import Logging
package import NIOCore
internal import NIOSSL
internal import Synchronization

/// Puts TLS in front of what a listener's connections speak, and counts how that goes.
package final class TLSListener: Sendable {
    /// What the listener serves: the label of its metrics.
    package let name: String
    private let credentials: TLSCredentials
    private let protocols: [String]
    private let asksClients: Bool
    private let answersPlainHTTP: Bool
    private let cached: Mutex<(context: NIOSSLContext, generation: Int)>
    private let tally = Mutex(TLSTally())
    private let failures: FailureLog

    /// - Parameters:
    ///   - protocols: what ALPN offers (RFC 7301).
    ///   - asksClients: whether the settings about certificates of clients hold here.
    ///   - answersPlainHTTP: tells a client that speaks HTTP without TLS what it did wrong.
    package init(
        _ name: String,
        credentials: TLSCredentials,
        protocols: [String],
        asksClients: Bool = false,
        answersPlainHTTP: Bool = false,
        logger: Logger
    ) throws(TLSFileError) {
        self.name = name
        self.credentials = credentials
        self.protocols = protocols
        self.asksClients = asksClients
        self.answersPlainHTTP = answersPlainHTTP
        do {
            cached = Mutex(
                try credentials.makeContext(protocols: protocols, asksClients: asksClients)
            )
        } catch {
            throw TLSFileError(setting: "tls.certificate", file: name, problem: "\(error)")
        }
        failures = FailureLog(listener: name, logger: logger)
    }

    /// What was counted so far.
    package var counts: TLSTally { tally.withLock { $0 } }

    /// Adds the handlers of TLS at the end of `channel`'s pipeline; called on its event loop, before
    /// anything was read.
    package func secure(_ channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        let entrance = HandshakeGuard(
            listener: self,
            timeout: TimeAmount(credentials.handshakeTimeout),
            answersPlainHTTP: answersPlainHTTP
        )
        try pipeline.addHandlers([
            entrance, NIOSSLServerHandler(context: try context()), HandshakeWatch(entrance),
        ])
    }

    /// Counts a connection that was closed for want of a place.
    package func didRefuse() { tally.withLock { $0.refused += 1 } }

    func note(_ result: TLSTally.Result, from client: SocketAddress?, reason: String) {
        tally.withLock { $0.handshakes[result, default: 0] += 1 }
        if result != .completed { failures.note(result, from: client, reason: reason) }
    }

    func didOpen() { tally.withLock { $0.open += 1 } }
    func didClose() { tally.withLock { $0.open -= 1 } }

    /// The context of the certificate in force.
    private func context() throws -> NIOSSLContext {
        let generation = credentials.generation
        if let context = cached.withLock({ $0.generation == generation ? $0.context : nil }) {
            return context
        }
        let new = try credentials.makeContext(protocols: protocols, asksClients: asksClients)
        cached.withLock { $0 = new }
        return new.context
    }
}
