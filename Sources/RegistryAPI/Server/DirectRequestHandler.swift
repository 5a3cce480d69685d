internal import HTTPTypes
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import ServiceCatalog

/// Answers registrations and heartbeats on the event loop of their connection, and hands every
/// other request on to Hummingbird.
///
/// Why: what Hummingbird and tasks cost a request is more than all the rest of a heartbeat. Taken
/// are requests that are there as a whole at once; one whose body is still on its way goes on, so
/// that the limits of time and size are in one place.
///
/// Answers keep the order of their requests: while an earlier one is Hummingbird's, those behind it
/// are too; while one is answered here, what comes behind it is held, and no more is read.
final class DirectRequestHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// What the handlers of all connections share.
    struct Setting: Sendable {
        var routes: DirectRoutes
        var api: APIContext
        var log: any CatalogLog
        var bodyBytesMax: Int
        var headerBytesMax: Int
        var headersMax: Int
        var defaultPolicy: String
        var date: HTTPDate
        var logger: Logger
    }

    private enum State {
        case idle
        /// The head was read, the end was not.
        case gathering(Gathered)
        case answering(ErrorMapping.Dialect)
        case closed
    }

    private struct Gathered {
        var head: HTTPRequestHead
        var match: DirectRoutes.Match
        var body: ByteBuffer?
    }

    /// A larger body is Hummingbird's.
    private static let bodyBytesMax = 64 << 10
    /// How long a client has to take the refusal of a head that it has not sent whole.
    private static let lingerTime = TimeAmount.seconds(3)

    private let setting: Setting
    private let client: ClientPresence
    /// Where answers leave: they are bytes already.
    private let exit: ConnectionGuard
    private var state = State.idle
    /// Requests that went on and are not answered yet.
    private var forwardedCount = 0
    /// True while the body of a request that went on is being read.
    private var isForwarding = false
    /// What came while a request was answered here.
    private var held: [Held] = []
    private var isReadHeld = false
    /// The request that is being answered, while a record is kept.
    private var audited: AuditedRequest?

    private enum Held {
        case part(HTTPServerRequestPart)
        case event(Any)
        case error(any Error)
    }

    init(_ setting: Setting, client: ClientPresence, exit: ConnectionGuard) {
        self.setting = setting
        self.client = client
        self.exit = exit
    }
}

// MARK: - Requests

extension DirectRequestHandler {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if isAnswering { held.append(.part(part)) } else { take(part, context) }
    }

    private var isAnswering: Bool {
        if case .answering = state { true } else { false }
    }

    private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch (part, state) {
        case (.head(let head), .idle):
            if let match = directMatch(head) {
                state = .gathering(Gathered(head: head, match: match))
            } else {
                forwardedCount += 1
                isForwarding = true
                forward(part, context)
            }
        case (.body(var bytes), .gathering(var gathered)):
            state = .idle
            if gathered.body == nil {
                gathered.body = bytes
            } else {
                gathered.body?.writeBuffer(&bytes)
            }
            state = .gathering(gathered)
        case (.end, .gathering(let gathered)): answer(gathered, context)
        case (.end, _):
            isForwarding = false
            forward(part, context)
        default: forward(part, context)
        }
    }

    /// The route of a request that may be answered here.
    private func directMatch(_ head: HTTPRequestHead) -> DirectRoutes.Match? {
        guard forwardedCount == 0, !isForwarding, head.version == .http1_1 else { return nil }
        var bodyBytes = 0
        for (name, value) in head.headers {
            switch name.utf8.count {
            case 6 where name.lowercased() == "expect": return nil
            case 10 where name.lowercased() == "connection":
                guard value.lowercased() == "keep-alive" else { return nil }
            case 14 where name.lowercased() == "content-length": bodyBytes = Int(value) ?? .max
            case 17 where name.lowercased() == "transfer-encoding": return nil
            default: break
            }
        }
        return bodyBytes <= min(Self.bodyBytesMax, setting.bodyBytesMax)
            ? setting.routes.match(head) : nil
    }

    private func forward(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        context.fireChannelRead(wrapInboundOut(part))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        forwardUnfinished(context)
        context.fireChannelReadComplete()
    }

    /// Hands on a request whose body is still on its way.
    private func forwardUnfinished(_ context: ChannelHandlerContext) {
        guard case .gathering(let gathered) = state else { return }
        state = .idle
        forwardedCount += 1
        isForwarding = true
        forward(.head(gathered.head), context)
        if let body = gathered.body { forward(.body(body), context) }
    }
}

// MARK: - Answers

extension DirectRequestHandler {
    private func answer(_ gathered: Gathered, _ context: ChannelHandlerContext) {
        let dialect = gathered.match.route.dialect
        state = .answering(dialect)
        client.beginRequest()
        let body = gathered.body.map { Array($0.readableBytesView) } ?? []
        let request = gathered.match.request(gathered.head, body: body, client: client)
        audited = auditedRequest(gathered.head, request)
        do {
            guard client.mayWrite else { throw APIError.writesRefused(dialect) }
            let write = try gathered.match.route.plan(request)
            guard !write.changes.isEmpty else { return send(try write.reply(), context) }
            let loop = context.eventLoop
            let bound = NIOLoopBound((handler: self, context: context), eventLoop: loop)
            write.carryOut(
                in: audited.map { AuditedLog(log: setting.log, request: $0) } ?? setting.log
            ) { result in
                loop.execute {
                    let (handler, context) = bound.value
                    handler.settle(result, context)
                }
            }
        } catch {
            if setting.api.mayBeBehind, ErrorMapping.isUnknown(error) {
                return handOn(gathered, context)
            }
            send(reply(for: error, dialect), context)
        }
    }

    /// Hands on a request that finds nothing here: who may wait looks again.
    private func handOn(_ gathered: Gathered, _ context: ChannelHandlerContext) {
        state = .idle
        audited = nil
        client.endRequest()
        forwardedCount += 1
        isForwarding = true
        forward(.head(gathered.head), context)
        if let body = gathered.body { forward(.body(body), context) }
        forward(.end(nil), context)
        isForwarding = false
        context.fireChannelReadComplete()
    }

    private func settle(
        _ result: Result<PlannedWrite, any Error>,
        _ context: ChannelHandlerContext
    ) {
        guard case .answering(let dialect) = state else { return }
        do {
            send(try result.get().reply(), context)
        } catch {
            send(reply(for: error, dialect), context)
        }
        releaseHeld(context)
    }

    private func reply(
        for error: any Error,
        _ dialect: ErrorMapping.Dialect
    ) -> WholeReply {
        ErrorMapping.reply(for: error, dialect, logger: setting.logger, audited: audited)
    }

    private func auditedRequest(
        _ head: HTTPRequestHead,
        _ request: DirectRoutes.DirectRequest
    ) -> AuditedRequest? {
        guard let trail = setting.api.audit else { return nil }
        return AuditedRequest(
            trail,
            setting.api,
            method: head.method.rawValue,
            path: request.path,
            client: client,
            secret: {
                RequestToken.secret(
                    (try? QueryParameters(request.query)) ?? QueryParameters(),
                    request.headers
                )
            }
        )
    }

    private func send(_ reply: WholeReply, _ context: ChannelHandlerContext) {
        guard case .answering(let dialect) = state else { return }
        var buffer = context.channel.allocator.buffer(capacity: 256 + reply.body.count)
        reply.write(
            to: &buffer,
            date: setting.date.now,
            defaultPolicy: dialect == .consul ? setting.defaultPolicy : nil
        )
        state = .idle
        audited?.end(status: reply.status.code)
        audited = nil
        client.endRequest()
        exit.send(buffer)
    }

    /// Goes on with what came meanwhile, until a request takes its time again.
    private func releaseHeld(_ context: ChannelHandlerContext) {
        guard !held.isEmpty || isReadHeld else { return }
        var position = 0
        while position < held.count, !isAnswering {
            switch held[position] {
            case .part(let part): take(part, context)
            case .event(let event): userInboundEventTriggered(context: context, event: event)
            case .error(let error): errorCaught(context: context, error: error)
            }
            position += 1
        }
        held.removeFirst(position)
        guard !isAnswering else { return }
        if position > 0 { channelReadComplete(context: context) }
        if isReadHeld {
            isReadHeld = false
            context.read()
        }
    }
}

// MARK: - What passes through

extension DirectRequestHandler {
    func read(context: ChannelHandlerContext) {
        if isAnswering { isReadHeld = true } else { context.read() }
    }

    func write(
        context: ChannelHandlerContext,
        data: NIOAny,
        promise: EventLoopPromise<Void>?
    ) {
        if case .end = unwrapOutboundIn(data) { forwardedCount -= 1 }
        context.write(data, promise: promise)
    }

    /// The end of what the client sends, and the wish that the connection ends, wait for the answer:
    /// Hummingbird closes a connection on which it has nothing to do.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if isAnswering {
            held.append(.event(event))
        } else {
            forwardUnfinished(context)
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isAnswering {
            held.append(.error(error))
        } else if error as? HTTPParserError == .headerOverflow, isBetweenRequests {
            refuseHead(context)
        } else {
            forwardUnfinished(context)
            context.fireErrorCaught(error)
        }
    }

    private var isBetweenRequests: Bool {
        if case .idle = state { forwardedCount == 0 && !isForwarding } else { false }
    }

    /// Hummingbird would answer 400 without a word.
    private func refuseHead(_ context: ChannelHandlerContext) {
        state = .closed
        let error = APIError(
            .headTooLarge,
            "the head of the request must not have more than \(setting.headersMax) fields, nor "
                + "be larger than \(setting.headerBytesMax) bytes",
            limit: "http.headers_max or http.header_bytes_max"
        )
        let reply = ErrorMapping.reply(for: error, .native, logger: setting.logger, audited: nil)
        var buffer = context.channel.allocator.buffer(capacity: 512)
        reply.write(to: &buffer, date: setting.date.now, defaultPolicy: nil)
        exit.send(buffer)
        // Closed at once, with bytes still unread, it would take the answer along.
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.lingerTime) {
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        state = .closed
        held = []
        // What was being written may still be made; there is nobody to answer.
        audited?.end(status: 499)
        audited = nil
        context.fireChannelInactive()
    }
}
