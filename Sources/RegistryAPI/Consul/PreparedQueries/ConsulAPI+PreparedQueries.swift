internal import HTTPTypes
internal import ServiceCatalog

/// Writing and showing prepared queries: `query` and `query/:id`.
extension ConsulAPI {
    /// `GET query`.
    func preparedQueries(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        try await answer(request, about: .preparedQueries) { catalog, _ in
            catalog.preparedQueries.map { $0.shown(to: request.authorizer) }
        } write: { writer, queries in
            writer.beginArray()
            for query in queries { writer.preparedQuery(query) }
            writer.endArray()
        }
    }

    /// `POST query`.
    func createPreparedQuery(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        var query = try request.decode(PreparedQueryBody.init(body:)).query
        guard query.id.isEmpty else {
            throw APIError(
                .serverFault,
                "ID must be empty when creating a new prepared query"
            )
        }
        query.id = UUIDText.random()
        try await write(query, request)
        return .json(for: request) { writer in
            writer.beginObject()
            writer.field("ID", query.id)
            writer.endObject()
        }
    }

    /// `PUT query/:id`; an id in the body means nothing.
    func updatePreparedQuery(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        try refuseOtherThanGet(request)
        var query = try request.decode(PreparedQueryBody.init(body:)).query
        let known = try known(request)
        query.id = known.id
        try request.authorizer.requireWrite(known)
        try await write(query, request)
        return .empty
    }

    /// `DELETE query/:id`.
    func deletePreparedQuery(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        try refuseOtherThanGet(request)
        let query = try known(request)
        try request.authorizer.requireWrite(query)
        try await append(.deletePreparedQuery(id: query.id)) { _ in Self.nothingToModify(query.id) }
        return .empty
    }

    /// `GET query/:id`, `query/:id/execute` and `query/:id/explain`; names may have slashes.
    func preparedQueryOrItsResult(
        _ request: ConsulRequest
    ) async throws(APIError) -> ConsulReply {
        for (ending, handler) in [
            ("/execute", executePreparedQuery), ("/explain", explainPreparedQuery),
        ] where request.name.hasSuffix(ending) {
            return try handler(request, String(request.name.dropLast(ending.count)))
        }
        return try await preparedQuery(request)
    }

    private func preparedQuery(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let id = request.name
        guard UUIDText.isUUID(id) else { throw Self.badID(id, "") }
        var denied: AccessDenial?
        var reply = try await answer(request, about: .preparedQueries) { catalog, _ in
            catalog.preparedQuery(id: id)
        } write: { writer, query in
            guard let query else { return }
            denied =
                query.name.isEmpty ? nil : request.authorizer.denial(of: .queryRead(query.name))
            writer.beginArray()
            writer.preparedQuery(query.shown(to: request.authorizer))
            writer.endArray()
        }
        if let denied { throw APIError(denied) }
        if reply.status == .ok, reply.body.isEmpty {
            let headers = reply.headers
            reply = .text(Self.notFound, status: .notFound)
            for field in headers where field.name != .contentType { reply.headers.append(field) }
        }
        return reply
    }

    static let notFound = "Query not found"

    // MARK: Parts

    /// A path that ends in a verb has GET only.
    private func refuseOtherThanGet(_ request: ConsulRequest) throws(APIError) {
        guard request.name.hasSuffix("/execute") || request.name.hasSuffix("/explain") else {
            return
        }
        throw APIError(
            .methodNotAllowed(allowed: ["GET", "OPTIONS"]),
            "method is not allowed here"
        )
    }

    /// The query that a request to change one is about.
    private func known(_ request: ConsulRequest) throws(APIError) -> PreparedQuery {
        let id = request.name
        guard UUIDText.isUUID(id) else { throw Self.badID(id, "Prepared Query lookup failed: ") }
        guard let query = context.keeper.read({ $0.preparedQuery(id: id) }) else {
            throw Self.nothingToModify(id)
        }
        return query
    }

    private static func badID(_ id: String, _ prefix: String) -> APIError {
        id.isEmpty
            ? APIError(.badRequest, "Missing query ID")
            : APIError(
                .serverFault,
                "\(prefix)failed prepared query lookup: index error: UUID must be 36 characters"
            )
    }

    private static func nothingToModify(_ id: String) -> APIError {
        APIError(.serverFault, "Cannot modify non-existent prepared query: '\(id)'")
    }

    private func write(_ query: PreparedQuery, _ request: ConsulRequest) async throws(APIError) {
        try request.authorizer.requireWrite(query)
        do {
            try query.validate(context.limits)
        } catch {
            throw APIError(.serverFault, "Invalid prepared query: \(error)")
        }
        try await append(.setPreparedQuery(query))
    }
}

extension Authorizer {
    /// Who knows the id of a query without a name may change it.
    fileprivate func requireWrite(_ query: PreparedQuery) throws(APIError) {
        guard !query.name.isEmpty || query.template != nil else { return }
        try require(.queryWrite(query.name))
    }
}

extension PreparedQuery {
    /// Without its token, unless who asks may see all tokens.
    func shown(to authorizer: Authorizer) -> PreparedQuery {
        guard !token.isEmpty, !authorizer.allows(.accessWrite) else { return self }
        var query = self
        query.token = Self.hiddenToken
        return query
    }
}
