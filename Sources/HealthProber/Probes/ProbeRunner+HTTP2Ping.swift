internal import NIOCore
internal import NIOHTTP2
internal import ServiceCatalog

extension ProbeRunner {
    /// Passing when the server acknowledges a PING frame (RFC 9113 §6.7).
    func http2Ping(
        host: String,
        port: Int,
        tls expectation: TLSExpectation?,
        deadline: ProbeDeadline
    ) async -> ProbeResult {
        let target = Self.spell(host, port)
        do throws(ProbeFailure) {
            _ = try await reach(host: host, port: port, deadline: deadline) { connection in
                let tls = try expectation.map { try self.tls($0, host: host, speaksHTTP2: true) }
                return try await connection.exchange(tls: tls) { channel, promise in
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOHTTP2Handler(mode: .client), PingHandler(promise: promise),
                    ])
                }
            }
            return ProbeResult(.passing, "HTTP/2 ping \(target): acknowledged")
        } catch {
            return ProbeResult(
                .critical,
                "HTTP/2 ping \(target): \(error)",
                evidence: error.evidence
            )
        }
    }
}

/// Sends one PING and waits for its acknowledgement.
private final class PingHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private let promise: EventLoopPromise<Bool>
    private let ping = HTTP2PingData(withInteger: 0x526F_6C6C_6361_6C6C)

    init(promise: EventLoopPromise<Bool>) {
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        let frame = HTTP2Frame(streamID: .rootStream, payload: .ping(ping, ack: false))
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data).payload {
        case .ping(ping, ack: true): promise.succeed(true)
        case .goAway(_, let code, _) where code != .noError:
            promise.fail(ProbeFailure.malformed("the server ended the connection (\(code))"))
        default: break
        }
    }
}
