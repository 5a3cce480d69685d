internal import DNSResponder
internal import DNSWire
internal import NIOCore
internal import NIOHTTP1

/// Answers DNS over HTTPS: one request after another of an HTTP/1.1 connection, or the one of an
/// HTTP/2 stream.
final class HTTPQueryHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private static let lingerTime = TimeAmount.seconds(1)

    private let responder: LoopResponder
    private let idle: IdleGuard
    private let client: IPAddress?
    private var head: HTTPRequestHead?
    private var query: HTTPQuery?
    private var body = ByteBuffer()
    private var pending = 0
    private var context: ChannelHandlerContext?

    init(_ responder: LoopResponder, idle: IdleGuard, client: IPAddress?) {
        self.responder = responder
        self.idle = idle
        self.client = client
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            query = HTTPQuery(head)
            body.clear(minimumCapacity: 0)
            // Told at once, so that nobody sends a great body for nothing.
            if query == .refused(HTTPQuery.tooLarge) { refuse(HTTPQuery.tooLarge, lingers: true) }
        case .body(var bytes):
            guard case .inBody = query else { return }
            guard body.readableBytes + bytes.readableBytes <= WireLimits.messageBytesMax else {
                return refuse(HTTPQuery.tooLarge, lingers: true)
            }
            body.writeBuffer(&bytes)
        case .end:
            finish()
        }
    }

    /// The request is there as a whole.
    private func finish() {
        switch query {
        case .inPath(let message): answer(message)
        case .inBody:
            let message = Array(body.readableBytesView)
            body = ByteBuffer()
            if message.count < WireLimits.headerBytes {
                refuse(HTTPQuery.Refusal(.badRequest, "the DNS message is too short"))
            } else {
                answer(message)
            }
        case .refused(let refusal): refuse(refusal)
        case nil: break
        }
    }

    private func answer(_ message: [UInt8]) {
        idle.noteProgress()
        let outcome = responder.answer(
            message,
            from: client,
            over: .https,
            pending: &pending
        ) { reply, _ in
            self.pending -= 1
            self.send(reply)
        }
        switch outcome {
        case .reply(let reply): send(reply)
        case .silence: refuse(HTTPQuery.notAQuery)
        case .later: break
        }
    }

    private func send(_ reply: [UInt8]) {
        let fields: HTTPHeaders = [
            "content-type": HTTPQuery.mediaType,
            "cache-control": "max-age=\(AnswerLifetime.seconds(of: reply))",
        ]
        write(.ok, fields, reply)
    }

    /// Answers with a status and its reason in words.
    ///
    /// - Parameter lingers: the client may still send its request.
    private func refuse(_ refusal: HTTPQuery.Refusal, lingers: Bool = false) {
        var fields: HTTPHeaders = ["content-type": "text/plain; charset=utf-8"]
        if let allowed = refusal.allowed { fields.add(name: "allow", value: allowed) }
        write(refusal.status, fields, Array((refusal.reason + "\n").utf8), lingers: lingers)
    }

    private func write(
        _ status: HTTPResponseStatus,
        _ fields: HTTPHeaders,
        _ body: [UInt8],
        lingers: Bool = false
    ) {
        guard let context, let head else { return }
        self.head = nil
        query = nil
        let closes = lingers || !head.isKeepAlive
        var fields = fields
        fields.add(name: "content-length", value: "\(body.count)")
        if closes, head.version.major == 1 { fields.add(name: "connection", value: "close") }
        let response = HTTPResponseHead(version: head.version, status: status, headers: fields)
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        if head.method != .HEAD {
            let buffer = context.channel.allocator.buffer(bytes: body)
            context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        }
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated()
        written.whenSuccess { self.idle.noteProgress() }
        if closes, head.version.major == 1 {
            written.whenComplete { _ in self.close(context, lingers) }
        }
    }

    /// Closes at once, or when a client that still sends has had time to read the answer.
    private func close(_ context: ChannelHandlerContext, _ lingers: Bool) {
        guard lingers else { return context.close(promise: nil) }
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.lingerTime) {
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
