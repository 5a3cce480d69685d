internal import HTTPTypes
internal import ServiceCatalog

/// Sessions: `session/…`.
extension ConsulAPI {
    private static var ttlMillisecondsMin: Int { 10_000 }
    private static var ttlMillisecondsMax: Int { 24 * 3_600_000 }

    /// `PUT session/create`.
    func createSession(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        try checkDatacenter(of: request)
        let body =
            request.body.isEmpty
            ? SessionBody()
            : try request.decode { bytes throws(JSONReadError) in try SessionBody(body: bytes) }
        let session = try session(of: body)
        try request.authorizer.require(.sessionWrite(onNode: session.node))
        try await append(.createSession(session)) { rejection in
            switch rejection {
            case .unknownNode: APIError(.serverFault, "Missing node registration")
            case .unknownCheck(let key):
                APIError(.serverFault, "Missing check '\(key.id)' registration")
            default: nil
            }
        }
        return .json(for: request) { writer in
            writer.beginObject()
            writer.field("ID", session.id)
            writer.endObject()
        }
    }

    private func session(of body: SessionBody) throws(APIError) -> Session {
        var session = Session(
            id: UUIDText.random(),
            name: body.name,
            node: body.node.isEmpty ? localNode : body.node
        )
        if let delay = body.lockDelayMilliseconds { session.lockDelayMilliseconds = max(delay, 0) }
        if !body.behavior.isEmpty {
            guard let behavior = Session.Behavior(rawValue: body.behavior) else {
                throw APIError(.serverFault, "Invalid session behavior: \(body.behavior)")
            }
            session.behavior = behavior
        }
        session.ttlMilliseconds = try ttl(body.ttl)
        session.ttlText = body.ttl
        // As in Consul: an empty list under either name takes the default away.
        session.nodeChecks = body.nodeChecks ?? [Self.aliveCheckID]
        if let checks = body.checks {
            session.nodeChecks =
                checks.isEmpty
                ? [] : session.nodeChecks + checks.filter { !session.nodeChecks.contains($0) }
        }
        session.serviceChecks = body.serviceChecks
        guard session.checkIDs.count <= context.limits.checksPerRegistrationMax,
            session.name.utf8.count <= context.limits.textBytesMax
        else {
            throw APIError(.badRequest, "Invalid session: too many checks, or the name is too long")
        }
        return session
    }

    private func ttl(_ text: String) throws(APIError) -> Int? {
        guard !text.isEmpty else { return nil }
        guard let nanoseconds = GoDuration.nanoseconds(text) else {
            throw APIError(
                .serverFault,
                "Session TTL '\(text)' invalid: time: invalid duration \"\(text)\""
            )
        }
        guard nanoseconds != 0 else { return nil }
        let milliseconds = nanoseconds / 1_000_000
        guard (Self.ttlMillisecondsMin...Self.ttlMillisecondsMax).contains(milliseconds) else {
            throw APIError(
                .serverFault,
                "Invalid Session TTL '\(nanoseconds)', must be between [10s=24h0m0s]"
            )
        }
        return milliseconds
    }

    /// `PUT session/destroy/:id`; one that is gone is destroyed already.
    func destroySession(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let id = try request.requiredName("session")
        try checkDatacenter(of: request)
        if context.keeper.read({ $0.session(id) == nil }) {
            // Another server may have made it.
            try await waitUntilCurrent()
        }
        if let session = context.keeper.read({ $0.session(id) }) {
            try request.authorizer.require(.sessionWrite(onNode: session.node))
            try await append(.endSession(id: id, onlyIf: nil))
        }
        return .json(for: request) { $0.bool(true) }
    }

    /// `PUT session/renew/:id`.
    func renewSession(_ request: ConsulRequest) throws(APIError) -> PlannedWrite {
        let id = try request.requiredName("session")
        try checkDatacenter(of: request)
        let gone = APIError(.notFound, "Session id '\(id)' not found")
        guard let session = context.keeper.read({ $0.session(id) }) else { throw gone }
        try request.authorizer.require(.sessionWrite(onNode: session.node))
        try context.requireHeartbeats()
        guard session.ttlMilliseconds == nil || context.heartbeats.renewSession(session.id) else {
            throw gone
        }
        let reply = WholeReply.json(for: request) { writer in
            writer.beginArray()
            writer.session(session)
            writer.endArray()
        }
        return PlannedWrite { reply }
    }

    /// `GET session/info/:id`.
    func session(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let id = try request.requiredName("session")
        return try await list(request) { catalog in catalog.session(id).map { [$0] } ?? [] }
    }

    /// `GET session/node/:node`.
    func sessionsOfNode(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let name = try request.requiredName("node name")
        return try await list(request) { $0.sessions(onNode: name) }
    }

    /// `GET session/list`.
    func sessions(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        try await list(request) { $0.sessions }
    }

    private func list(
        _ request: ConsulRequest,
        _ find: (borrowing Catalog) -> [Session]
    ) async throws(APIError) -> ConsulReply {
        let options = try options(of: request)
        try checkDatacenter(of: request)
        try await options.waitUntilCurrent(isCoordination: true)
        await options.blocking.run(on: .sessions, context.keeper, request.client)
        let (index, all) = context.keeper.read { ($0.index(of: .sessions), find($0)) }
        let authorizer = request.authorizer
        let sessions =
            authorizer.allowsEverything
            ? all : all.filter { authorizer.allows(.sessionRead(onNode: $0.node)) }
        var reply = ConsulReply.json(for: request) { writer in
            writer.beginArray()
            for session in sessions { writer.session(session) }
            writer.endArray()
        }
        reply.headers.append(contentsOf: options.headers(index: index))
        if sessions.count < all.count { reply.tellFiltered(for: request) }
        return reply
    }
}
