internal import HTTPTypes
internal import ServiceCatalog

/// The whole catalog as one file: `snapshot`.
extension ConsulAPI {
    /// `GET snapshot`.
    func saveSnapshot(_ request: ConsulRequest) throws -> ConsulReply {
        let options = try options(of: request)
        try checkDatacenter(of: request)
        let catalog = context.keeper.snapshot()
        let index = catalog.index
        var reply = ConsulReply(
            headers: [.contentType: "application/x-rollcall-snapshot"],
            body: try SnapshotFile.write(catalog)
        )
        reply.headers.append(contentsOf: options.headers(index: index))
        return reply
    }

    /// `PUT snapshot`: the file takes the place of everything, in one change.
    ///
    /// What this server says of itself stays: a snapshot may come from another one.
    func restoreSnapshot(_ request: ConsulRequest) async throws -> ConsulReply {
        try checkDatacenter(of: request)
        var contents: CatalogContents
        do throws(SnapshotFile.Damage) {
            contents = try SnapshotFile.read(request.body)
        } catch {
            throw APIError(.badRequest, "Invalid snapshot: \(error)")
        }
        keepOwnRecords(&contents)
        try await append(.replaceAll(contents))
        return .empty
    }

    /// Keeps what this server, and in a cluster each of the servers, says of itself.
    private func keepOwnRecords(_ contents: inout CatalogContents) {
        if context.identity.isOneOfSeveral { moveOtherServers(&contents) }
        let catalog = context.keeper.snapshot()
        for name in Set([localNode] + servers.map(\.name)) {
            guard let node = catalog.node(name) else { continue }
            let folded = Catalog.fold(name)
            contents.nodes.removeAll {
                Catalog.fold($0.name) == folded || (!$0.id.isEmpty && $0.id == node.id)
            }
            contents.nodes.append(node)
            contents.instances.removeAll {
                Catalog.fold($0.node) == folded && $0.id == Self.ownServiceID
            }
            let key = InstanceKey(node: name, id: Self.ownServiceID)
            if let service = catalog.instance(key) { contents.instances.append(service) }
            let own =
                catalog.checks(ofInstance: key)
                + [catalog.check(CheckKey(node: name, id: Self.aliveCheckID))].compactMap { $0 }
            let ids = Set(own.map(\.id))
            contents.checks.removeAll { Catalog.fold($0.node) == folded && ids.contains($0.id) }
            contents.checks += own
        }
    }

    /// Moves what was registered with a server that stood alone to the node that such registrations
    /// are on here, and forgets the server itself.
    ///
    /// Why: this is how it becomes a cluster, and its clients go on.
    private func moveOtherServers(_ contents: inout CatalogContents) {
        // A cluster's snapshot has that node already.
        guard !contents.nodes.contains(where: { isLocalNode($0.name) }) else { return }
        let others = Set(
            contents.instances.filter { $0.id == Self.ownServiceID }
                .map { Catalog.fold($0.node) }
        )
        func isOther(_ node: String) -> Bool { others.contains(Catalog.fold(node)) }
        let localNode = localNode
        contents.instances.removeAll { isOther($0.node) && $0.id == Self.ownServiceID }
        contents.checks.removeAll { isOther($0.node) && $0.id == Self.aliveCheckID }
        contents.instances = contents.instances.map { instance in
            guard isOther(instance.node) else { return instance }
            var moved = instance
            moved.node = localNode
            return moved
        }
        contents.checks = contents.checks.map { check in
            guard isOther(check.node) else { return check }
            var moved = check
            moved.node = localNode
            return moved
        }
        contents.sessions = contents.sessions.map { session in
            guard isOther(session.node) else { return session }
            var moved = session
            moved.node = localNode
            return moved
        }
        contents.nodes.removeAll { isOther($0.name) }
    }
}
