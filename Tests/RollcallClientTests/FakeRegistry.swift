import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import RollcallClient
import Testing

/// A request as a fake registry got it.
struct FakeRequest: Sendable {
    var method: String
    var uri: String
    var headers: [String: String]
    var body: String
}

/// What a fake registry answers; a stream has several parts.
struct FakeReply: Sendable {
    var status: UInt
    var headers: [String: String] = [:]
    var parts: [String]
    /// True: the connection stays open after the last part.
    var staysOpen = false

    static func json(_ text: String, status: UInt = 200, index: UInt64? = nil) -> FakeReply {
        let headers = index.map { ["x-rollcall-index": String($0)] } ?? [:]
        return FakeReply(status: status, headers: headers, parts: [text])
    }
}

/// Runs `body` against an HTTP server on a free port that answers with `reply`.
func withFakeRegistry<Result: Sendable>(
    reply: @escaping @Sendable (FakeRequest) async -> FakeReply,
    body: @Sendable (RegistryServer) async throws -> Result
) async throws -> Result {
    let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .childChannelOption(.autoRead, value: false)
        .bind(host: "127.0.0.1", port: 0) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                return channel
            }
        }
    let port = try #require(listener.channel.localAddress?.port)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            try await listener.executeThenClose { connections in
                try await withThrowingDiscardingTaskGroup { group in
                    for try await connection in connections {
                        // A client that goes away is none of the server's business.
                        group.addTask { try? await serve(connection, reply) }
                    }
                }
            }
        }
        defer { group.cancelAll() }
        return try await body(try RegistryServer("127.0.0.1:\(port)"))
    }

    @Sendable func serve(
        _ channel: any Channel,
        _ reply: @Sendable (FakeRequest) async -> FakeReply
    ) async throws {
        let connection = try await channel.wrapped(
            HTTPServerRequestPart.self,
            HTTPServerResponsePart.self
        )
        try await connection.executeThenClose { inbound, outbound in
            var request = FakeRequest(method: "", uri: "", headers: [:], body: "")
            for try await part in inbound {
                switch part {
                case .head(let head):
                    let pairs = head.headers.map { ($0.name.lowercased(), $0.value) }
                    request = FakeRequest(
                        method: head.method.rawValue,
                        uri: head.uri,
                        headers: Dictionary(pairs, uniquingKeysWith: { $1 }),
                        body: ""
                    )
                case .body(let bytes):
                    request.body += String(buffer: bytes)
                case .end:
                    let answer = await reply(request)
                    try await send(answer, outbound)
                }
            }
        }
    }

    @Sendable func send(
        _ answer: FakeReply,
        _ outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    ) async throws {
        var head = HTTPResponseHead(
            version: .http1_1,
            status: .init(statusCode: Int(answer.status))
        )
        for (name, value) in answer.headers { head.headers.add(name: name, value: value) }
        try await outbound.write(.head(head))
        for part in answer.parts {
            try await outbound.write(.body(.byteBuffer(ByteBuffer(string: part))))
        }
        if !answer.staysOpen { try await outbound.write(.end(nil)) }
    }
}

extension Channel {
    /// The channel as asynchronous sequences.
    ///
    /// Why not in the initializer: a connection that nobody comes to serve must not be wrapped, for
    /// a wrapper that is thrown away unused ends the program. Reading starts here, so nothing is
    /// lost.
    func wrapped<Inbound: Sendable, Outbound: Sendable>(
        _: Inbound.Type,
        _: Outbound.Type
    ) async throws -> NIOAsyncChannel<Inbound, Outbound> {
        let channel = try await eventLoop.submit {
            try NIOAsyncChannel<Inbound, Outbound>(wrappingChannelSynchronously: self)
        }.get()
        // Fails on a connection that is closed already, which the wrapper tells as well.
        try? await setOption(.autoRead, value: true).get()
        return channel
    }
}
