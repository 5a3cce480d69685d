internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import GRPCProtobuf
internal import Protos
internal import SwiftProtobuf
internal import Synchronization

/// Calls etcd: one member at a time, and the next one when that fails.
///
/// A member that does not answer in time is left, and its connection closed: it may be stopped, or
/// cut off from the others.
final class EtcdClient: Sendable {
    typealias Transport = HTTP2ClientTransport.Posix

    /// A connection to one member.
    final class Connection: Sendable {
        let endpoint: EtcdEndpoint
        let client: GRPCClient<Transport>
        private let closed = Mutex(false)

        init(_ endpoint: EtcdEndpoint, _ client: GRPCClient<Transport>) {
            self.endpoint = endpoint
            self.client = client
        }

        var isClosed: Bool { closed.withLock { $0 } }

        /// Lets calls under way end, and takes no more.
        func close() {
            closed.withLock { $0 = true }
            client.beginGracefulShutdown()
        }
    }

    private struct State {
        var current: Connection?
        /// The endpoint that is asked, or asked next.
        var position = 0
        var token: String?
        var isStopped = false
    }

    let settings: EtcdSettings
    private let state = Mutex(State())
    /// Connections to be run.
    private let made: AsyncStream<Connection>
    private let feed: AsyncStream<Connection>.Continuation

    /// For a call's answer; etcd itself elects a leader in a second or two.
    static let callTimeout: Duration = .seconds(2)
    /// A page of what is stored.
    static let replyBytesMax = 128 << 20

    init(_ settings: EtcdSettings) {
        self.settings = settings
        (made, feed) = AsyncStream.makeStream()
    }

    /// Runs connections until `stop`, then ends them.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await connection in made {
                group.addTask { try? await connection.client.runConnections() }
            }
            group.cancelAll()
        }
    }

    func stop() {
        let current = state.withLock { state in
            state.isStopped = true
            defer { state.current = nil }
            return state.current
        }
        current?.close()
        feed.finish()
    }

    /// Who is asked now.
    var endpoint: EtcdEndpoint {
        state.withLock { settings.endpoints[$0.position % settings.endpoints.count] }
    }

    /// Asks another member from now on, if `connection` is still the one that is asked.
    func leave(_ connection: Connection) {
        let isCurrent = state.withLock { state in
            guard state.current === connection else { return false }
            state.current = nil
            state.position = (state.position + 1) % settings.endpoints.count
            return true
        }
        if isCurrent { connection.close() }
    }

    /// Asks another member from now on.
    func leaveCurrent() {
        guard let current = state.withLock({ $0.current }) else { return }
        leave(current)
    }

    // MARK: - Calls

    /// Makes one call; a member that fails is left.
    ///
    /// - Throws: `EtcdError`; when it is `.unavailable` the call may have been carried out.
    func call<Request: Message & Sendable, Reply: Message & Sendable>(
        _ method: MethodDescriptor,
        _ request: Request,
        timeout: Duration = EtcdClient.callTimeout
    ) async throws(EtcdError) -> Reply {
        do throws(EtcdError) {
            return try await callOnce(method, request, timeout: timeout)
        } catch {
            guard error.code == .unauthenticated, settings.user != nil else { throw error }
            // The token is too old, or of before a restart.
            state.withLock { $0.token = nil }
            return try await callOnce(method, request, timeout: timeout)
        }
    }

    private func callOnce<Request: Message & Sendable, Reply: Message & Sendable>(
        _ method: MethodDescriptor,
        _ request: Request,
        timeout: Duration
    ) async throws(EtcdError) -> Reply {
        let connection = try connection()
        let metadata = try await metadata(connection)
        return try await send(method, request, metadata, timeout, connection)
    }

    private func send<Request: Message & Sendable, Reply: Message & Sendable>(
        _ method: MethodDescriptor,
        _ request: Request,
        _ metadata: Metadata,
        _ timeout: Duration,
        _ connection: Connection
    ) async throws(EtcdError) -> Reply {
        do {
            return try await connection.client.unary(
                request: ClientRequest(message: request, metadata: metadata),
                descriptor: method,
                serializer: ProtobufSerializer<Request>(),
                deserializer: ProtobufDeserializer<Reply>(),
                options: Self.options(timeout)
            ) { try $0.message }
        } catch {
            throw failure(error, connection)
        }
    }

    /// Sends what `produce` writes and hands each reply to `receive`, until either throws or ends.
    ///
    /// - Throws: `EtcdError`, or what `receive` throws.
    func stream<Request: Message & Sendable, Reply: Message & Sendable>(
        _ method: MethodDescriptor,
        timeout: Duration? = nil,
        produce: @escaping @Sendable (RPCWriter<Request>) async throws -> Void,
        receive: @escaping @Sendable (Reply) async throws -> Bool
    ) async throws {
        let connection = try connection()
        let metadata = try await metadata(connection)
        do {
            try await connection.client.bidirectionalStreaming(
                request: StreamingClientRequest(metadata: metadata, producer: produce),
                descriptor: method,
                serializer: ProtobufSerializer<Request>(),
                deserializer: ProtobufDeserializer<Reply>(),
                options: Self.options(timeout)
            ) { response in
                for try await reply in response.messages {
                    guard try await receive(reply) else { return }
                }
            }
        } catch let error as RPCError {
            throw failure(error, connection)
        }
    }

    private static func options(_ timeout: Duration?) -> CallOptions {
        var options = CallOptions.defaults
        options.timeout = timeout
        options.waitForReady = false
        options.maxResponseMessageBytes = replyBytesMax
        options.maxRequestMessageBytes = replyBytesMax
        return options
    }

    private func failure(_ error: any Error, _ connection: Connection) -> EtcdError {
        let failure = EtcdError(error, at: connection.endpoint)
        if failure.code == .unavailable, !Task.isCancelled { leave(connection) }
        return failure
    }

    // MARK: - Connections

    private func connection() throws(EtcdError) -> Connection {
        let (found, isNew): (Result<Connection, EtcdError>, Bool) = state.withLock { state in
            guard !state.isStopped else {
                return (.failure(EtcdError(.unavailable, "the server is stopping")), false)
            }
            if let current = state.current { return (.success(current), false) }
            let endpoint = settings.endpoints[state.position]
            do {
                let made = Connection(endpoint, GRPCClient(transport: try transport(to: endpoint)))
                state.current = made
                return (.success(made), true)
            } catch {
                state.position = (state.position + 1) % settings.endpoints.count
                return (.failure(EtcdError(.unavailable, "\(endpoint): \(error)")), false)
            }
        }
        let connection = try found.get()
        if isNew { feed.yield(connection) }
        return connection
    }

    private func transport(to endpoint: EtcdEndpoint) throws -> Transport {
        var tls = HTTP2ClientTransport.Posix.TransportSecurity.TLS.defaults
        if let file = settings.authorityFile {
            tls.trustRoots = .certificates([.file(path: file, format: .pem)])
        }
        if let certificate = settings.certificateFile, let key = settings.keyFile {
            tls.certificateChain = [.file(path: certificate, format: .pem)]
            tls.privateKey = .file(path: key, format: .pem)
        }
        return try Transport(
            target: target(of: endpoint),
            transportSecurity: endpoint.isEncrypted ? .tls(tls) : .plaintext,
            config: .defaults { config in
                // A member that comes back is to be found at once.
                config.backoff.initial = .milliseconds(50)
                config.backoff.max = .milliseconds(500)
                // A change waits for nobody to join it in one packet.
                config.http2.targetWindowSize = 8 << 20
            }
        )
    }

    /// An address is no name: it must not be sent as one in the TLS handshake (RFC 6066 §3), and the
    /// certificate must be for the address.
    private func target(of endpoint: EtcdEndpoint) -> any ResolvableTarget {
        if endpoint.host.contains(":") {
            return .ipv6(address: endpoint.host, port: endpoint.port)
        }
        if endpoint.host.allSatisfy({ $0.isNumber || $0 == "." }) {
            return .ipv4(address: endpoint.host, port: endpoint.port)
        }
        return .dns(host: endpoint.host, port: endpoint.port)
    }

    // MARK: - Users

    private func metadata(_ connection: Connection) async throws(EtcdError) -> Metadata {
        guard let user = settings.user else { return [:] }
        if let token = state.withLock({ $0.token }) { return ["token": "\(token)"] }
        var request = Etcdserverpb_AuthenticateRequest()
        request.name = user
        request.password = settings.password ?? ""
        let reply: Etcdserverpb_AuthenticateResponse = try await send(
            EtcdMethod.authenticate,
            request,
            [:],
            Self.callTimeout,
            connection
        )
        state.withLock { $0.token = reply.token }
        return ["token": "\(reply.token)"]
    }
}

/// etcd's methods that are called.
enum EtcdMethod {
    static let range = method("KV", "Range")
    static let transact = method("KV", "Txn")
    static let compact = method("KV", "Compact")
    static let watch = method("Watch", "Watch")
    static let grant = method("Lease", "LeaseGrant")
    static let revoke = method("Lease", "LeaseRevoke")
    static let keepAlive = method("Lease", "LeaseKeepAlive")
    static let authenticate = method("Auth", "Authenticate")
    static let status = method("Maintenance", "Status")

    private static func method(_ service: String, _ name: String) -> MethodDescriptor {
        MethodDescriptor(fullyQualifiedService: "etcdserverpb.\(service)", method: name)
    }
}
