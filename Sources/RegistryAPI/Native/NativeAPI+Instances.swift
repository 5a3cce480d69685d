internal import Hummingbird
internal import ServiceCatalog
internal import ServiceLifecycle

extension NativeAPI {
    private struct Deregistered: Encodable {
        enum CodingKeys: String, CodingKey {
            case instanceID = "instance_id"
            case drained
            case waitedSeconds = "waited_seconds"
        }

        var instanceID: String
        var drained: Bool?
        var waitedSeconds: Int?
    }

    /// `PUT /heartbeat/{instance_id}`: the instance is alive.
    ///
    /// Renews its lease, and makes its `ttl` checks passing for another term.
    func heartbeat(
        _ id: String,
        _ query: QueryParameters,
        _ authorizer: Authorizer
    ) throws -> PlannedWrite {
        let key = try findInstance(id, query)
        // A renewal takes what any change of the instance takes.
        try api.require(.drain(key), of: authorizer)
        let checks = api.keeper.read { catalog in
            catalog.checks(ofInstance: key).filter { check in
                if case .ttl = check.definition?.probe { true } else { false }
            }
        }
        try api.requireHeartbeats()
        let lease = api.heartbeats.renewLease(of: key)
        guard lease != nil || !checks.isEmpty else {
            // The lease may have run out since the instance was found.
            guard api.keeper.read({ $0.instance(key) != nil }) else {
                throw Self.unknownInstance(key.id)
            }
            throw APIError(
                .conflict,
                "instance \"\(key.id)\" has no lease to renew and no ttl check",
                hint: "register it with a ttl, such as \"30s\", to give it one"
            )
        }
        let late = checks.filter { check in
            !api.heartbeats.renewCheck(check.key) || check.status != .passing
        }
        return PlannedWrite(
            changes: late.map { .checkStatus($0.key, .passing, output: "heartbeat") }
        ) { Self.registered(key.id, lease) }
    }

    /// `DELETE /instances/{instance_id}`: removes it; with `?drain=true` once nobody knows it.
    func deregister(
        _ request: Request,
        _ context: APIRequestContext,
        _ authorizer: Authorizer
    ) async throws -> Response {
        let query = try QueryParameters(request)
        let id = try context.pathParameter("instance_id")
        let key = try await api.lookingTwice { try findInstance(id, query) }
        try api.require(.deregisterInstance(key, onlyIf: nil), of: authorizer)
        guard try query.flag("drain") else {
            try await api.log.append(.deregisterInstance(key, onlyIf: nil))
            return try JSONReply.response(Deregistered(instanceID: key.id))
        }
        let waited = try await drain(key)
        return try JSONReply.response(
            Deregistered(instanceID: key.id, drained: true, waitedSeconds: waited)
        )
    }

    /// Takes an instance out of answers at once, and removes it when caches have forgotten it.
    ///
    /// A client that goes away meanwhile changes nothing; a server that stops does not wait for the
    /// rest, and says so. Either way the instance is removed.
    /// - Returns: how many seconds it waited, when that was long enough.
    private func drain(_ key: InstanceKey) async throws -> Int {
        let service = api.keeper.read { $0.instance(key)?.service } ?? ""
        try await api.log.append(.drain(key))
        let seconds = max(0, api.answerTTLSeconds(service))
        let start = ContinuousClock.now
        await withTaskGroup { group in
            group.addTask { try? await Task.sleep(for: .seconds(seconds)) }
            group.addTask { try? await gracefulShutdown() }
            await group.next()
            group.cancelAll()
        }
        let waited = Int((ContinuousClock.now - start).components.seconds)
        try await removeIfDraining(key)
        guard waited >= seconds else {
            throw APIError(
                .unavailable,
                "the server stops; instance \"\(key.id)\" is removed, but caches may still know it",
                hint: "it is safe to stop in \(seconds - waited) seconds"
            )
        }
        return waited
    }

    private func removeIfDraining(_ key: InstanceKey) async throws {
        // Gone already: its lease ran out, or somebody else removed it.
        guard let instance = api.keeper.read({ $0.instance(key) }) else { return }
        guard instance.isDraining else {
            throw APIError(
                .conflict,
                "instance \"\(key.id)\" was registered again while it was draining",
                hint: "it stays registered"
            )
        }
        try await removeDrained(key)
    }

    private func removeDrained(_ key: InstanceKey) async throws(CatalogLogError) {
        do throws(CatalogLogError) {
            try await api.log.append(.deregisterInstance(key, onlyIf: nil))
        } catch {
            // Removed by somebody else in this moment: that was the aim.
            guard case .rejected(.unknownInstance) = error else { throw error }
        }
    }

    /// The instance that the path names, on the node that `?node=` names or on whatever one has it.
    private func findInstance(
        _ id: String,
        _ query: QueryParameters
    ) throws -> InstanceKey {
        let node = query.first("node")
        let local = InstanceKey(node: node ?? api.identity.agentNode, id: id)
        let found: [InstanceKey] = api.keeper.read { catalog in
            if let instance = catalog.instance(local) { return [instance.key] }
            return node == nil ? catalog.keys(ofInstance: id) : []
        }
        guard let key = found.first else { throw Self.unknownInstance(id) }
        guard found.count == 1 else {
            let nodes = found.prefix(5).map(\.node).joined(separator: ", ")
            throw APIError(
                .conflict,
                "\(found.count) nodes have an instance \"\(id)\": \(nodes)",
                field: "node",
                hint: "say which one with ?node="
            )
        }
        return key
    }

    private static func unknownInstance(_ id: String) -> APIError {
        APIError(
            .notFound,
            "no instance \"\(id)\" is registered",
            field: "instance_id",
            hint: "an id with a slash must have it as %2F"
        )
    }
}
