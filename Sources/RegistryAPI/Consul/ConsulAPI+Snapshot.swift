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

    private func keepOwnRecords(_ contents: inout CatalogContents) {
        let name = localNode
        let (node, service, check) = context.keeper.read { catalog in
            (
                catalog.node(name),
                catalog.instance(InstanceKey(node: name, id: Self.ownServiceID)),
                catalog.check(CheckKey(node: name, id: Self.aliveCheckID))
            )
        }
        guard let node else { return }
        contents.nodes.removeAll { isLocalNode($0.name) || (!$0.id.isEmpty && $0.id == node.id) }
        contents.nodes.append(node)
        contents.instances.removeAll { isLocalNode($0.node) && $0.id == Self.ownServiceID }
        if let service { contents.instances.append(service) }
        contents.checks.removeAll { isLocalNode($0.node) && $0.id == Self.aliveCheckID }
        if let check { contents.checks.append(check) }
    }
}
