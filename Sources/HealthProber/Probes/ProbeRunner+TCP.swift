internal import NIOCore
internal import ServiceCatalog

extension ProbeRunner {
    /// Passing when a connection opens and, with `tls`, the handshake ends.
    func tcp(
        host: String,
        port: Int,
        tls expectation: TLSExpectation?,
        deadline: ProbeDeadline
    ) async -> ProbeResult {
        let target = Self.spell(host, port)
        do throws(ProbeFailure) {
            try await reach(host: host, port: port, deadline: deadline) { connection in
                let tls = try expectation.map { try self.tls($0, host: host) }
                try await connection.exchange(tls: tls) { channel, promise in
                    try channel.pipeline.syncOperations.addHandler(
                        OpenHandler(promise: promise)
                    )
                }
            }
            return ProbeResult(.passing, "TCP connect \(target): success")
        } catch {
            return ProbeResult(
                .critical,
                "TCP connect \(target): \(error)",
                evidence: error.evidence
            )
        }
    }
}

/// Keeps the promise when the connection is open, or secure.
///
/// How: an empty write. The TLS handler holds writes back until the handshake has ended well.
private final class OpenHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let promise: EventLoopPromise<Void>

    init(promise: EventLoopPromise<Void>) {
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        let written = context.eventLoop.makePromise(of: Void.self)
        // A write that fails is not the reason: the error that closes the connection is.
        written.futureResult.assumeIsolated().whenSuccess { self.promise.succeed() }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        context.fireChannelActive()
    }
}
