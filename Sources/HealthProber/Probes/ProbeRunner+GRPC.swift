internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2
internal import ServiceCatalog

extension ProbeRunner {
    /// Passing when grpc.health.v1 says SERVING.
    func grpc(
        host: String,
        port: Int,
        service: String,
        tls expectation: TLSExpectation?,
        deadline: ProbeDeadline
    ) async -> ProbeResult {
        let target = Self.spell(host, port) + (service.isEmpty ? "" : "/\(service)")
        do throws(ProbeFailure) {
            let reply = try await reach(host: host, port: port, deadline: deadline) { connection in
                let tls = try expectation.map { try self.tls($0, host: host, speaksHTTP2: true) }
                return try await connection.exchange(tls: tls) { channel, promise in
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOHTTP2Handler(mode: .client),
                        GRPCHealthHandler(
                            authority: Self.spell(host, port),
                            scheme: tls == nil ? "http" : "https",
                            service: service,
                            promise: promise
                        ),
                    ])
                }
            }
            return Self.judge(reply, target: target)
        } catch {
            return ProbeResult(.critical, "gRPC \(target): \(error)", evidence: error.evidence)
        }
    }

    private static func judge(_ reply: GRPCHealthHandler.Reply, target: String) -> ProbeResult {
        guard reply.httpStatus == "200" else {
            return ProbeResult(.critical, "gRPC \(target): HTTP status \(reply.httpStatus)")
        }
        guard reply.code == "0" else {
            let message = reply.message.isEmpty ? "" : " (\(reply.message))"
            return ProbeResult(
                .critical,
                "gRPC \(target): \(codeNames[reply.code] ?? "status \(reply.code)")\(message)"
            )
        }
        guard let status = HealthCheckMessage.status(inResponse: reply.bytes) else {
            return ProbeResult(.critical, "gRPC \(target): the answer is no HealthCheckResponse")
        }
        return ProbeResult(
            status == .serving ? .passing : .critical,
            "gRPC \(target): \(status.name)"
        )
    }

    /// What servers say that do not know the service, or health at all.
    private static let codeNames = [
        "5": "NOT_FOUND: the server does not know the service",
        "7": "PERMISSION_DENIED",
        "12": "UNIMPLEMENTED: the server has no grpc.health.v1",
        "14": "UNAVAILABLE",
        "16": "UNAUTHENTICATED",
    ]
}

/// Asks once, on stream 1, and collects the answer.
private final class GRPCHealthHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    struct Reply: Sendable {
        var httpStatus = ""
        /// `grpc-status`.
        var code = ""
        var message = ""
        var bytes: [UInt8] = []
    }

    /// A health answer has less than ten bytes.
    private static let replyBytesMax = 4_096

    private let authority: String
    private let scheme: String
    private let service: String
    private let promise: EventLoopPromise<Reply>
    private var reply = Reply()

    init(authority: String, scheme: String, service: String, promise: EventLoopPromise<Reply>) {
        self.authority = authority
        self.scheme = scheme
        self.service = service
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        let headers: HPACKHeaders = [
            ":method": "POST",
            ":scheme": scheme,
            ":path": "/grpc.health.v1.Health/Check",
            ":authority": authority,
            "content-type": "application/grpc",
            "te": "trailers",
            "user-agent": "Rollcall Health Check",
        ]
        let body = ByteBuffer(bytes: HealthCheckMessage.request(service: service))
        write(.headers(.init(headers: headers)), context)
        write(.data(.init(data: .byteBuffer(body), endStream: true)), context)
        context.flush()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data).payload {
        case .headers(let headers):
            note(headers.headers)
            if headers.endStream { promise.succeed(reply) }
        case .data(let data):
            if case .byteBuffer(let buffer) = data.data { reply.bytes += buffer.readableBytesView }
            if reply.bytes.count > Self.replyBytesMax {
                promise.fail(ProbeFailure.malformed("too long for a health answer"))
            } else if data.endStream {
                promise.succeed(reply)
            }
        case .rstStream(let code):
            promise.fail(ProbeFailure.malformed("the server reset the stream (\(code))"))
        case .goAway(_, let code, _) where code != .noError:
            promise.fail(ProbeFailure.malformed("the server ended the connection (\(code))"))
        default:
            break
        }
    }

    private func note(_ headers: HPACKHeaders) {
        if let status = headers.first(name: ":status") { reply.httpStatus = status }
        if let code = headers.first(name: "grpc-status") { reply.code = code }
        if let message = headers.first(name: "grpc-message") { reply.message = message }
    }

    private func write(_ payload: HTTP2Frame.FramePayload, _ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(HTTP2Frame(streamID: 1, payload: payload)), promise: nil)
    }
}
