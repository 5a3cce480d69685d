internal import NIOCore

/// Stands at the socket's end of an encrypted connection: ends a handshake that takes too long, and
/// one that is none.
///
/// Why the first byte is looked at: a client that speaks plain HTTP or DNS is turned away before
/// any cryptography, and can be told.
final class HandshakeGuard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let listener: TLSListener
    private let timeout: TimeAmount
    private let answersPlainHTTP: Bool
    private var timer: Scheduled<Void>?
    private var hasBegun = false
    private var isSettled = false

    /// The type of the record that a handshake begins with (RFC 8446 §5.1).
    private static let handshakeRecord: UInt8 = 22
    private static let plainHTTPAnswer = """
        HTTP/1.1 400 Bad Request\r
        Connection: close\r
        Content-Type: text/plain; charset=utf-8\r
        Content-Length: 37\r
        \r
        this port speaks HTTPS; use https://

        """

    init(listener: TLSListener, timeout: TimeAmount, answersPlainHTTP: Bool) {
        self.listener = listener
        self.timeout = timeout
        self.answersPlainHTTP = answersPlainHTTP
    }

    func handlerAdded(context: ChannelHandlerContext) {
        listener.didOpen()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            self.settle(.timedOut, context.remoteAddress, "not done within the time")
            // From here it does not pass TLS, which would wait for the other side.
            context.close(promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasBegun else { return context.fireChannelRead(data) }
        let buffer = unwrapInboundIn(data)
        guard let first = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) else { return }
        hasBegun = true
        if first == Self.handshakeRecord { return context.fireChannelRead(data) }
        guard !isSettled else { return }
        settle(.notTLS, context.remoteAddress, "plain text")
        // Methods of HTTP are capital letters.
        if answersPlainHTTP, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) {
            let answer = context.channel.allocator.buffer(string: Self.plainHTTPAnswer)
            context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
        }
        context.close(promise: nil)
    }

    /// Records how the handshake ended; only the first call counts.
    func settle(_ result: TLSTally.Result, _ client: SocketAddress?, _ reason: String) {
        guard !isSettled else { return }
        isSettled = true
        timer?.cancel()
        timer = nil
        listener.note(result, from: client, reason: reason)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if hasBegun {
            settle(.failed, context.remoteAddress, "closed by the client")
        } else {
            // A port that is only looked at is no failed handshake.
            timer?.cancel()
            isSettled = true
        }
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        listener.didClose()
    }
}
