internal import HTTPTypes
internal import ServiceCatalog

/// Consul's HTTP API over one catalog.
///
/// Handlers take a request and answer it; the routes that lead to them are in `ConsulRoutes`.
struct ConsulAPI: Sendable {
    let context: APIContext
    /// What the bodies of registrations mean.
    let definitions: ConsulDefinitions
    var rules: RegistrationRules { definitions.rules }

    init(_ context: APIContext) {
        self.context = context
        self.definitions = ConsulDefinitions(
            localNode: context.identity.agentNode,
            defaultAddress: context.identity.isOneOfSeveral ? context.identity.address : nil,
            limits: context.limits,
            probeTargets: context.probeTargets
        )
    }

    /// The service that stands for this server; start-up code registers it.
    static let ownServiceID = ConsulDefinitions.ownServiceID
    /// The check that stands for this server's being alive.
    static let aliveCheckID = ConsulDefinitions.aliveCheckID

    /// The node that the agent's endpoints act on.
    var localNode: String { context.identity.agentNode }

    func isLocalNode(_ name: String) -> Bool { Catalog.fold(name) == Catalog.fold(localNode) }
}

// MARK: - Reading

extension ConsulAPI {
    /// Answers a read of the catalog, once there is something new if the client waits for that.
    ///
    /// `find` takes out what `write` then writes. What the request's token may not read is not in the
    /// catalog that it gets. It may run under the catalog's lock: what takes longer, such as filters
    /// and sorting, belongs into `narrow`, between the two.
    func answer<Found: Sendable>(
        _ request: ConsulRequest,
        about topic: WatchTopic,
        find: (inout VisibleCatalog, ReadOptions) -> Found,
        narrow: (Found) throws(APIError) -> Found = { $0 },
        write: (inout JSONWriter, Found) -> Void
    ) async throws(APIError) -> ConsulReply {
        let options = try options(of: request)
        guard isOwnDatacenter(request.query.first("dc")) else {
            var reply = ConsulReply.text("No path to datacenter", status: .internalServerError)
            reply.headers.append(contentsOf: ReadOptions.headersOfOtherDatacenters)
            return reply
        }
        try await options.waitUntilCurrent()
        await options.blocking.run(on: topic, context.keeper, request.client)
        let (index, found, isFiltered) = context.keeper.read(about: topic) { catalog in
            var visible = VisibleCatalog(catalog, for: request.authorizer)
            let found = find(&visible, options)
            return (catalog.index(of: topic), found, visible.hidesSomething)
        }
        let narrowed = try narrow(found)
        var reply = ConsulReply.json(for: request) { write(&$0, narrowed) }
        reply.headers.append(contentsOf: options.headers(index: index))
        if isFiltered { reply.tellFiltered(for: request) }
        return reply
    }

    /// Reads the catalog at once, as the request's token sees it.
    func read<Found: Sendable>(
        _ request: ConsulRequest,
        _ find: (inout VisibleCatalog) -> Found
    ) -> (found: Found, isFiltered: Bool) {
        var visible = VisibleCatalog(context.keeper.snapshot(), for: request.authorizer)
        let found = find(&visible)
        return (found, visible.hidesSomething)
    }

    /// The parameters of a read.
    func options(of request: ConsulRequest) throws(APIError) -> ReadOptions {
        try ReadOptions(request.query, context.freshness)
    }

    /// Returns once this server has all that any other had before.
    func waitUntilCurrent() async throws(APIError) {
        do throws(CatalogLogError) {
            try await context.freshness.waitUntilCurrent()
        } catch {
            throw APIError(.unavailable, error.description)
        }
    }

    func isOwnDatacenter(_ name: String?) -> Bool {
        guard let name, !name.isEmpty else { return true }
        return name.lowercased() == context.identity.datacenter.lowercased()
    }
}

// MARK: - Writing

extension ConsulAPI {
    /// `change` as a request writes it, if the request's token may make it.
    ///
    /// What `Catalog.permissions(for:)` says of the change decides; `refusal` as for `append`.
    func planned(
        _ change: CatalogChange,
        for request: ConsulRequest,
        reply: WholeReply = WholeReply(),
        refusal: @escaping @Sendable (CatalogRejection) -> APIError? = { _ in nil }
    ) throws(APIError) -> PlannedWrite {
        try context.require(change, of: request.authorizer)
        return PlannedWrite(
            changes: [change],
            failure: { Self.worded($0, refusal) },
            reply: { reply }
        )
    }

    /// A failure of the log in Consul's words.
    static func worded(
        _ error: CatalogLogError,
        _ refusal: (CatalogRejection) -> APIError?
    ) -> APIError {
        guard case .rejected(let rejection) = error else {
            return APIError(.unavailable, error.description)
        }
        return refusal(rejection) ?? APIError(.serverFault, rejection.description)
    }

    /// Appends `change` and returns once it is in the answers, if the request's token may make it.
    ///
    /// What `Catalog.permissions(for:)` says of the change decides; see the other `append`.
    func append(
        _ change: CatalogChange,
        for request: ConsulRequest,
        refusal: (CatalogRejection) -> APIError? = { _ in nil }
    ) async throws(APIError) {
        try context.require(change, of: request.authorizer)
        try await append(change, refusal: refusal)
    }

    /// Appends `change`, which the caller has found to be allowed, and returns once it is in the
    /// answers.
    ///
    /// `refusal` words a refusal of the catalog; without, or where it has no word, the refusal is
    /// Consul's 500.
    func append(
        _ change: CatalogChange,
        refusal: (CatalogRejection) -> APIError? = { _ in nil }
    ) async throws(APIError) {
        do {
            try await context.log.append(change)
        } catch {
            throw Self.worded(error, refusal)
        }
    }
}
