internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// One new connection for one probe; closed when its question is answered.
struct ProbeConnection: Sendable {
    let loop: any EventLoop
    let address: SocketAddress
    let deadline: ProbeDeadline

    /// What the handlers of a probe are told when time is up: a half answer may be enough.
    enum Event: Sendable { case timeIsUp }

    /// TLS for a connection.
    struct TLS: Sendable {
        let context: NIOSSLContext
        /// The name to send and verify; nil verifies the address.
        let serverName: String?
    }

    /// Connects over TCP and lets `configure` add the handlers that keep the promise.
    func exchange<Reply: Sendable>(
        tls: TLS? = nil,
        configure: @escaping @Sendable (any Channel, EventLoopPromise<Reply>) throws -> Void
    ) async throws -> Reply {
        try await exchange { initialize in
            ClientBootstrap(group: loop)
                .connectTimeout(.nanoseconds(max(deadline.remaining.nanoseconds, 1)))
                .channelInitializer(initialize)
                .connect(to: address)
        } configure: { channel, promise in
            if let tls {
                try channel.pipeline.syncOperations.addHandler(
                    NIOSSLClientHandler(context: tls.context, serverHostname: tls.serverName)
                )
            }
            try configure(channel, promise)
        }
    }

    /// The same over a connected UDP socket, which hears of refusals.
    func datagrams<Reply: Sendable>(
        configure: @escaping @Sendable (any Channel, EventLoopPromise<Reply>) throws -> Void
    ) async throws -> Reply {
        try await exchange(
            connect: { initialize in
                DatagramBootstrap(group: loop).channelInitializer(initialize).connect(to: address)
            },
            configure: configure
        )
    }

    private typealias Initializer = @Sendable (any Channel) -> EventLoopFuture<Void>

    private func exchange<Reply: Sendable>(
        connect: (@escaping Initializer) -> EventLoopFuture<any Channel>,
        configure: @escaping @Sendable (any Channel, EventLoopPromise<Reply>) throws -> Void
    ) async throws -> Reply {
        let opened = OpenedChannel()
        defer { opened.close() }
        return try await deadline.value(of: Reply.self, on: loop) {
            opened.timeIsUp()
        } start: { promise in
            connect { channel in
                channel.eventLoop.makeCompletedFuture {
                    opened.set(channel)
                    try configure(channel, promise)
                    try channel.pipeline.syncOperations.addHandler(LastHandler(promise: promise))
                }
            }.whenFailure { promise.fail(ProbeFailure($0)) }
        }
    }
}

/// The channel of a probe once it exists, for those who end it.
private final class OpenedChannel: Sendable {
    private enum State {
        case none
        case open(any Channel)
        case closed
    }

    private let state = Mutex(State.none)

    func set(_ channel: any Channel) {
        let isLate = state.withLock { state in
            if case .closed = state { return true }
            state = .open(channel)
            return false
        }
        if isLate { channel.close(promise: nil) }
    }

    func close() {
        let channel: (any Channel)? = state.withLock { state in
            defer { state = .closed }
            if case .open(let channel) = state { return channel }
            return nil
        }
        channel?.close(promise: nil)
    }

    func timeIsUp() {
        let channel: (any Channel)? = state.withLock { state in
            if case .open(let channel) = state { return channel }
            return nil
        }
        channel?.pipeline.fireUserInboundEventTriggered(ProbeConnection.Event.timeIsUp)
    }
}

/// Stands last: what no other handler took ends the probe.
private final class LastHandler<Reply: Sendable>: ChannelInboundHandler {
    typealias InboundIn = Any

    private let promise: EventLoopPromise<Reply>

    init(promise: EventLoopPromise<Reply>) {
        self.promise = promise
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(ProbeFailure(error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(ProbeFailure.closed)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}
}
