internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP1
internal import NIOHTTP2
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

@testable internal import HealthProber

/// A real server on a free loopback port, for as long as a test needs it.
struct LoopbackServer {
    let port: Int
    private let channel: any Channel

    private static var group: any EventLoopGroup { MultiThreadedEventLoopGroup.singleton }

    func stop() async throws { try await channel.close() }

    /// A port that nothing listens on.
    static func closedPort() async throws -> Int {
        let server = try await LoopbackServer.tcp { _ in }
        try await server.stop()
        return server.port
    }

    /// Accepts connections and adds what `handlers` adds to them.
    static func tcp(
        host: String = "127.0.0.1",
        port: Int = 0,
        tls: Bool = false,
        _ handlers: @escaping @Sendable (any Channel) throws -> Void
    ) async throws -> LoopbackServer {
        let context = tls ? try serverContext() : nil
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLServerHandler(context: context)
                        )
                    }
                    try handlers(channel)
                }
            }
            .bind(host: host, port: port).get()
        return LoopbackServer(port: channel.localAddress?.port ?? 0, channel: channel)
    }

    /// An HTTP server; `answer` gets the request's head and body.
    static func http(
        host: String = "127.0.0.1",
        port: Int = 0,
        tls: Bool = false,
        _ answer: @escaping @Sendable (HTTPRequestHead, String) -> HTTPAnswer
    ) async throws -> LoopbackServer {
        try await tcp(host: host, port: port, tls: tls) { channel in
            try channel.pipeline.syncOperations.configureHTTPServerPipeline()
            try channel.pipeline.syncOperations.addHandler(HTTPAnswerHandler(answer))
        }
    }

    struct HTTPAnswer: Sendable {
        var status: HTTPResponseStatus = .ok
        var headers: HTTPHeaders = [:]
        var body = ""
        /// False: the body never ends.
        var ends = true
        /// True: nothing is sent at all.
        var isSilent = false
    }

    /// A UDP server; `answer` gets a datagram, nil sends nothing back.
    static func udp(
        _ answer: @escaping @Sendable ([UInt8]) -> [UInt8]?
    ) async throws -> LoopbackServer {
        let channel = try await DatagramBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramAnswerHandler(answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return LoopbackServer(port: channel.localAddress?.port ?? 0, channel: channel)
    }

    /// A gRPC server that answers each call with these headers, message and trailers.
    static func grpc(
        tls: Bool = false,
        headers: HPACKHeaders = [":status": "200", "content-type": "application/grpc"],
        message: [UInt8] = [],
        trailers: HPACKHeaders = ["grpc-status": "0"],
        seen: RequestLog = RequestLog()
    ) async throws -> LoopbackServer {
        try await tcp(tls: tls) { channel in
            try channel.pipeline.syncOperations.addHandlers([
                NIOHTTP2Handler(mode: .server),
                GRPCAnswerHandler(
                    headers: headers,
                    message: message,
                    trailers: trailers,
                    seen: seen
                ),
            ])
        }
    }

    private static func serverContext() throws -> NIOSSLContext {
        let certificate = try NIOSSLCertificate(
            bytes: Array(TestCertificate.certificate.utf8),
            format: .pem
        )
        let key = try NIOSSLPrivateKey(bytes: Array(TestCertificate.key.utf8), format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(certificate)],
            privateKey: .privateKey(key)
        )
        configuration.applicationProtocols = ["h2", "http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }
}

/// What a server was asked, for tests to look at.
final class RequestLog: Sendable {
    private let lines: Mutex<[String]> = Mutex([])

    func note(_ line: String) { lines.withLock { $0.append(line) } }

    var all: [String] { lines.withLock { $0 } }
}

private final class HTTPAnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: @Sendable (HTTPRequestHead, String) -> LoopbackServer.HTTPAnswer
    private var head: HTTPRequestHead?
    private var body = ""

    init(_ answer: @escaping @Sendable (HTTPRequestHead, String) -> LoopbackServer.HTTPAnswer) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(let bytes): body += String(buffer: bytes)
        case .end:
            guard let head else { return }
            let answer = answer(head, body)
            guard !answer.isSilent else { return }
            let response = HTTPResponseHead(
                version: .http1_1,
                status: answer.status,
                headers: answer.headers
            )
            context.write(wrapOutboundOut(.head(response)), promise: nil)
            let bytes = ByteBuffer(string: answer.body)
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
            if answer.ends {
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
                context.close(promise: nil)
            }
        }
    }
}

private final class DatagramAnswerHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let answer: @Sendable ([UInt8]) -> [UInt8]?

    init(_ answer: @escaping @Sendable ([UInt8]) -> [UInt8]?) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let question = unwrapInboundIn(data)
        guard let bytes = answer(Array(question.data.readableBytesView)) else { return }
        context.writeAndFlush(
            wrapOutboundOut(
                AddressedEnvelope(
                    remoteAddress: question.remoteAddress,
                    data: ByteBuffer(bytes: bytes)
                )
            ),
            promise: nil
        )
    }
}

private final class GRPCAnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private let headers: HPACKHeaders
    private let message: [UInt8]
    private let trailers: HPACKHeaders
    private let seen: RequestLog

    init(headers: HPACKHeaders, message: [UInt8], trailers: HPACKHeaders, seen: RequestLog) {
        self.headers = headers
        self.message = message
        self.trailers = trailers
        self.seen = seen
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.payload {
        case .headers(let request):
            seen.note(request.headers.first(name: ":path") ?? "")
        case .data(let body) where body.endStream:
            if case .byteBuffer(let bytes) = body.data {
                seen.note("\(Array(bytes.readableBytesView))")
            }
            let id = frame.streamID
            send(.headers(.init(headers: headers)), on: id, context)
            if !message.isEmpty {
                let bytes = ByteBuffer(bytes: message)
                send(.data(.init(data: .byteBuffer(bytes))), on: id, context)
            }
            send(.headers(.init(headers: trailers, endStream: true)), on: id, context)
            context.flush()
        default: break
        }
    }

    private func send(
        _ payload: HTTP2Frame.FramePayload,
        on id: HTTP2StreamID,
        _ context: ChannelHandlerContext
    ) {
        context.write(wrapOutboundOut(HTTP2Frame(streamID: id, payload: payload)), promise: nil)
    }
}
