internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Tells the guard at the socket's end how the handshake went, and keeps the errors of TLS from
/// what is behind it.
final class HandshakeWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let entrance: HandshakeGuard

    init(_ entrance: HandshakeGuard) {
        self.entrance = entrance
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent {
            entrance.settle(.completed, context.remoteAddress, "")
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case is NIOSSLError, is BoringSSLError:
            entrance.settle(.failed, context.remoteAddress, "\(error)")
            // Clients often end without saying goodbye; neither that nor anything else can be
            // mended.
            context.close(promise: nil)
        default:
            context.fireErrorCaught(error)
        }
    }
}
