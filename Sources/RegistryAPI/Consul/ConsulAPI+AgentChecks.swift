internal import ServiceCatalog

/// Checks of the local node: `agent/checks` and `agent/check/…`.
extension ConsulAPI {
    /// `GET agent/checks`.
    func agentChecks(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let filter = try request.filter(.check)
        let (all, isFiltered) = read(request) { $0.checks(onAgent: localNode) }
        let others = all.filter { $0.id != Self.aliveCheckID }
        let checks = try filter?.kept(others) ?? others
        var reply = ConsulReply.json(for: request, capacity: 512 * (checks.count + 1)) { writer in
            writer.beginObject()
            for check in checks {
                writer.key(check.id)
                writer.check(check)
            }
            writer.endObject()
        }
        if isFiltered { reply.tellFiltered(for: request) }
        return reply
    }

    /// `PUT agent/check/register`.
    func registerCheck(_ request: ConsulRequest) async throws -> ConsulReply {
        let body = try request.decode { bytes throws(JSONReadError) in
            try CheckBody(body: bytes)
        }
        let registration = try definitions.registration(of: body)
        let unknown = APIError(.notFound, "ServiceID \"\(body.serviceID)\" does not exist")
        guard body.serviceID != Self.ownServiceID else { throw unknown }
        try await append(.register(registration), for: request) { rejection in
            if case .unknownInstance = rejection { unknown } else { nil }
        }
        return .empty
    }

    /// `PUT agent/check/deregister/:id`.
    func deregisterCheck(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let id = try request.requiredName("check ID")
        let unknown = Self.unknownCheck(id)
        guard id != Self.aliveCheckID else { throw unknown }
        try await append(.deregisterCheck(localCheckKey(id)), for: request) { rejection in
            if case .unknownCheck = rejection { unknown } else { nil }
        }
        return .empty
    }

    /// `PUT agent/check/pass/:id`, and `warn` and `fail`.
    func reportCheck(
        _ request: ConsulRequest,
        _ status: HealthStatus
    ) throws(APIError) -> PlannedWrite {
        let id = try request.requiredName("check ID")
        return try report(request, id, status, output: request.query.first("note") ?? "")
    }

    /// `PUT agent/check/update/:id`.
    func updateCheck(_ request: ConsulRequest) throws(APIError) -> PlannedWrite {
        let id = try request.requiredName("check ID")
        let body = try request.decode { bytes throws(JSONReadError) in
            try CheckUpdateBody(body: bytes)
        }
        guard let status = HealthStatus(rawValue: body.status) else {
            throw APIError(.badRequest, "Invalid check status: '\(body.status)'")
        }
        return try report(request, id, status, output: body.output)
    }

    /// Renews a TTL check; its result is written where that is news.
    private func report(
        _ request: ConsulRequest,
        _ id: String,
        _ status: HealthStatus,
        output: String
    ) throws(APIError) -> PlannedWrite {
        let key = localCheckKey(id)
        guard let check = context.keeper.read({ $0.check(key) }) else {
            throw Self.unknownCheck(id)
        }
        // Before the renewal, which writes nothing to the log.
        try context.require(
            .checkStatus(key, status, output: ""),
            of: request.authorizer
        )
        guard let definition = check.definition, case .ttl = definition.probe else {
            throw APIError(.serverFault, "CheckID \"\(id)\" does not have associated TTL")
        }
        let output = output.cut(toBytes: definition.outputBytesMax)
        try context.requireHeartbeats()
        // Before the write: a term that ends during it would turn the check critical again.
        _ = context.heartbeats.renewCheck(check.key)
        let isNews = check.status != status || check.output != output
        return PlannedWrite(
            changes: isNews ? [.checkStatus(check.key, status, output: output)] : [],
            failure: { error in
                Self.worded(error) { rejection in
                    if case .unknownCheck = rejection { Self.unknownCheck(id) } else { nil }
                }
            },
            reply: { WholeReply() }
        )
    }

    func localCheckKey(_ id: String) -> CheckKey { CheckKey(node: localNode, id: id) }

    private static func unknownCheck(_ id: String) -> APIError {
        APIError(
            .notFound,
            "Unknown check ID \"\(id)\". This must be the ID of a check, not its name."
        )
    }
}
