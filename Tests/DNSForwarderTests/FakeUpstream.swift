import DNSResponder
import DNSWire
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// A recursive server on a free port of loopback that says what the test wants.
final class FakeUpstream: Sendable {
    /// What is sent back: some messages, one after another, none for silence.
    typealias Script = @Sendable (_ query: Message, _ overTCP: Bool) -> [[UInt8]]

    let address: ListenAddress
    private let log: Log
    private let channels: [any Channel]

    private init(address: ListenAddress, log: Log, channels: [any Channel]) {
        self.address = address
        self.log = log
        self.channels = channels
    }

    final class Log: Sendable {
        let queries = Mutex<[Message]>([])
    }

    /// The queries that came, over UDP and TCP.
    var queries: [Message] { log.queries.withLock { $0 } }

    static func start(_ script: @escaping Script) async throws -> FakeUpstream {
        let group = MultiThreadedEventLoopGroup.singleton
        let log = Log()
        for _ in 0..<20 {
            let datagrams = try await DatagramBootstrap(group: group)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            DatagramScript(log: log, script: script)
                        )
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            let port = try #require(datagrams.localAddress?.port)
            let streams = try? await ServerBootstrap(group: group)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            StreamScript(log: log, script: script)
                        )
                    }
                }
                .bind(host: "127.0.0.1", port: port).get()
            guard let streams else {
                try await datagrams.close()
                continue
            }
            return FakeUpstream(
                address: ListenAddress(address: .v4(0x7F00_0001), port: UInt16(port)),
                log: log,
                channels: [datagrams, streams]
            )
        }
        throw ChannelError.operationUnsupported
    }

    func stop() async throws {
        for channel in channels { try await channel.close() }
    }
}

private final class DatagramScript: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let log: FakeUpstream.Log
    private let script: FakeUpstream.Script

    init(log: FakeUpstream.Log, script: @escaping FakeUpstream.Script) {
        self.log = log
        self.script = script
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let query = try? Message(decoding: Array(envelope.data.readableBytesView)) else {
            return
        }
        log.queries.withLock { $0.append(query) }
        for bytes in script(query, false) {
            let reply = AddressedEnvelope(
                remoteAddress: envelope.remoteAddress,
                data: ByteBuffer(bytes: bytes)
            )
            context.writeAndFlush(wrapOutboundOut(reply), promise: nil)
        }
    }
}

private final class StreamScript: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let log: FakeUpstream.Log
    private let script: FakeUpstream.Script
    private var received = ByteBuffer()

    init(log: FakeUpstream.Log, script: @escaping FakeUpstream.Script) {
        self.log = log
        self.script = script
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.writeImmutableBuffer(unwrapInboundIn(data))
        guard let length = received.getInteger(at: 0, as: UInt16.self),
            let bytes = received.getBytes(at: 2, length: Int(length)),
            let query = try? Message(decoding: bytes)
        else { return }
        log.queries.withLock { $0.append(query) }
        let replies = script(query, true)
        for reply in replies {
            var buffer = ByteBuffer(integer: UInt16(reply.count))
            // In two parts, so that the client has to put them together.
            buffer.writeBytes(reply.prefix(5))
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
            let rest = ByteBuffer(bytes: reply.dropFirst(5))
            context.writeAndFlush(wrapOutboundOut(rest), promise: nil)
        }
        if replies.isEmpty { context.close(promise: nil) }
    }
}

extension Message {
    /// The reply of a recursive server to this query.
    func answered(
        _ code: ResponseCode = .noError,
        answer: [ResourceRecord] = [],
        authority: [ResourceRecord] = [],
        additional: [ResourceRecord] = []
    ) -> Message {
        var reply = self
        reply.header.isResponse = true
        reply.header.recursionAvailable = true
        reply.header.responseCodeBits = UInt8(code.rawValue & 0xF)
        reply.answer = answer
        reply.authority = authority
        reply.additional = additional
        return reply
    }

    /// The reply with one address of the name that was asked for.
    func address(_ last: UInt8 = 1, ttlSeconds: UInt32 = 60) -> Message {
        answered(answer: questions.map { record($0.name, .a, ttlSeconds, [192, 0, 2, last]) })
    }
}

func record(
    _ owner: DomainName,
    _ type: RecordType,
    _ ttlSeconds: UInt32,
    _ rdata: [UInt8]
) -> ResourceRecord {
    ResourceRecord(owner: owner, type: type, ttlSeconds: ttlSeconds, rdata: rdata)
}

/// A name that is written in a test; a bad one ends the test run.
func name(_ text: String) -> DomainName {
    do {
        return try DomainName(text)
    } catch {
        preconditionFailure("\(text): \(error)")
    }
}

/// The SOA of a denial.
func denial(_ apex: String, ttlSeconds: UInt32, minimum: UInt32) -> ResourceRecord {
    record(
        name(apex),
        .soa,
        ttlSeconds,
        RData.soa(
            primary: name(apex),
            mailbox: name(apex),
            serial: 1,
            refreshSeconds: 1,
            retrySeconds: 1,
            expireSeconds: 1,
            minimumSeconds: minimum
        )
    )
}
