internal import HTTPTypes
internal import ServiceCatalog

/// Asking prepared queries: `query/:id/execute` and `query/:id/explain`; a name will do for the id.
extension ConsulAPI {
    func executePreparedQuery(
        _ request: ConsulRequest,
        _ name: String
    ) throws(APIError) -> ConsulReply {
        let options = try options(of: request)
        let source = try source(of: request)
        if let reply = unreachable(request) { return reply }
        var hidesSomething = false
        let result: QueryResult?
        do {
            result = try queries.execute(name, from: source, wantsChecks: true) { instance in
                let isVisible = request.authorizer.mayRead(instance)
                if !isVisible { hidesSomething = true }
                return isVisible
            }
        } catch {
            throw APIError(.serverFault, error.description)
        }
        guard let result else { return notFound(options) }
        var reply = ConsulReply.json(for: request, capacity: 4096) {
            $0.queryResult(result, options)
        }
        reply.headers.append(contentsOf: options.headers(index: 1))
        if hidesSomething { reply.tellFiltered(for: request) }
        return reply
    }

    func explainPreparedQuery(
        _ request: ConsulRequest,
        _ name: String
    ) throws(APIError) -> ConsulReply {
        let options = try options(of: request)
        if let reply = unreachable(request) { return reply }
        let query: PreparedQuery?
        do {
            query = try queries.resolve(name)
        } catch {
            throw APIError(.serverFault, error.description)
        }
        guard let query else { return notFound(options) }
        if !query.name.isEmpty || query.template != nil {
            try request.authorizer.require(.queryRead(query.name))
        }
        var reply = ConsulReply.json(for: request) {
            $0.queryExplanation(query.shown(to: request.authorizer), options)
        }
        reply.headers.append(contentsOf: options.headers(index: 1))
        return reply
    }

    private var queries: QueryExecutor {
        QueryExecutor(keeper: context.keeper, access: context.access)
    }

    private func notFound(_ options: ReadOptions) -> ConsulReply {
        var reply = ConsulReply.text(Self.notFound, status: .notFound)
        reply.headers.append(contentsOf: options.headers(index: 1))
        return reply
    }

    /// The refusal of a datacenter that is not ours; nil for ours.
    private func unreachable(_ request: ConsulRequest) -> ConsulReply? {
        guard !isOwnDatacenter(request.query.first("dc")) else { return nil }
        var reply = ConsulReply.text("No path to datacenter", status: .internalServerError)
        reply.headers.append(contentsOf: ReadOptions.headersOfOtherDatacenters)
        return reply
    }

    private func source(of request: ConsulRequest) throws(APIError) -> QuerySource {
        var source = QuerySource(localNode: localNode, firstAddressOf: request.sourceAddresses)
        source.near = request.query.first("near") ?? ""
        source.connect = try request.query.flag("connect")
        if let text = request.query.first("limit"), !text.isEmpty {
            guard let limit = Int(text) else {
                throw APIError(
                    .serverFault,
                    "Bad limit: strconv.Atoi: parsing \"\(text)\": invalid syntax"
                )
            }
            source.limit = limit
        }
        return source
    }
}

extension ConsulRequest {
    private static let forwardedFor = HTTPField.Name("X-Forwarded-For")

    /// Where the request may come from: what the first proxy saw, else the connection's address.
    var sourceAddresses: [String] {
        let forwarded = Self.forwardedFor.flatMap { headers[$0] }?
            .split(separator: ",").first?.filter { $0 != " " }
        return [forwarded, client.address].compactMap(\.self)
    }
}
