/// Executes prepared queries by name, for HTTP and DNS alike.
///
/// Cost: two short turns of the catalog's lock, one to find the query and one for its instances;
/// the template's expression is searched between them.
package struct QueryExecutor: Sendable {
    private let keeper: CatalogKeeper
    private let access: AccessControl
    private let others: any OtherDatacenters

    package init(
        keeper: CatalogKeeper,
        access: AccessControl = .off,
        others: any OtherDatacenters = NoOtherDatacenters()
    ) {
        self.keeper = keeper
        self.access = access
        self.others = others
    }

    /// The query that `name` (or an id) asks for, its template filled in; nil for none.
    package func resolve(_ name: String) throws(PreparedQueryError) -> PreparedQuery? {
        let found = keeper.read { catalog -> Result<PreparedQuery?, PreparedQueryError> in
            do throws(PreparedQueryError) {
                return .success(try catalog.preparedQuery(answering: name))
            } catch {
                return .failure(error)
            }
        }
        guard let query = try found.get() else { return nil }
        return query.template == nil ? query : try QueryTemplate(query).render(name)
    }

    /// What the query that `name` (or an id) asks for finds; nil when there is no such query.
    ///
    /// A query with a token of its own sees what that one may read, any other what `isVisible` lets
    /// through.
    package func execute(
        _ name: String,
        from source: QuerySource,
        wantsChecks: Bool,
        isVisible: (ServiceInstance) -> Bool
    ) throws(PreparedQueryError) -> QueryResult? {
        guard let query = try resolve(name) else { return nil }
        let ownVisibility = visibility(ofTokenOf: query)
        let execution = QueryExecution(
            query: query,
            source: source,
            wantsChecks: wantsChecks
        )
        var result = keeper.read { catalog in
            var random = SystemRandomNumberGenerator()
            return execution.run(in: catalog, using: &random) { instance in
                ownVisibility?(instance) ?? isVisible(instance)
            }
        }
        guard result.endpoints.isEmpty else { return result }
        for datacenter in query.service.failover.plan(among: others.names) {
            result.failovers += 1
            let remote = others.execute(
                query,
                in: datacenter,
                from: source,
                wantsChecks: wantsChecks
            )
            guard let remote, !remote.endpoints.isEmpty else { continue }
            result.endpoints = remote.endpoints
            result.datacenter = datacenter
            break
        }
        return result
    }

    /// What the token in the query may read; nil where there is none, or nobody asks for tokens.
    private func visibility(ofTokenOf query: PreparedQuery) -> ((ServiceInstance) -> Bool)? {
        guard access.isEnabled, !query.token.isEmpty else { return nil }
        guard let authorizer = try? access.authorizer(for: query.token, in: keeper) else {
            return { _ in false }
        }
        return { authorizer.mayRead($0) }
    }
}

extension Authorizer {
    /// True when both the instance's service and its node may be read.
    package func mayRead(_ instance: ServiceInstance) -> Bool {
        allowsEverything
            || allows(.serviceRead(instance.service)) && allows(.nodeRead(instance.node))
    }
}
