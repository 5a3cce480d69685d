internal import DNSResponder
internal import DNSWire
package import ServiceCatalog

/// Answers the names of prepared queries: each question executes its query.
///
/// Why not from the table: the answer depends on who asks, and a template has names without end.
/// Cost: short turns of the catalog's lock and the records of the instances that the query finds.
package struct PreparedQueryAnswers: Sendable {
    private let keeper: CatalogKeeper
    private let executor: QueryExecutor
    private let localNode: String

    /// `localNode` is the node that `_agent` means.
    package init(keeper: CatalogKeeper, executor: QueryExecutor, localNode: String) {
        self.keeper = keeper
        self.executor = executor
        self.localNode = localNode
    }

    /// What a name asks for.
    enum Answer {
        /// Nothing exists at or below the name.
        case nothing
        /// There is no query, but names below may ask for one.
        case nothingHere
        /// The records of the instances; `bits` of the client's subnet decided.
        case records(ServiceAlias, bits: Int?)
    }

    func answer(
        _ asked: PreparedQueryName,
        at name: DomainName,
        for question: FallbackQuery,
        _ zone: ServiceZone
    ) -> Answer {
        guard let query = asked.query else { return .nothing }
        let visibility = zone.visibility
        // A template cannot be asked for by its id: such a name is as good as unknown.
        let executed = try? executor.execute(
            query,
            from: source(of: question),
            wantsChecks: false
        ) { visibility.showsService($0.service) && visibility.showsNode($0.node) }
        guard let result = executed ?? nil else {
            return mayHaveNames(below: asked) ? .nothingHere : .nothing
        }
        let service = result.query.service.service
        let ttlSeconds = UInt32(
            clamping: result.query.dnsTTLSeconds.map { min(max($0, 1), Self.ttlSecondsMax) }
                ?? Int(zone.settings.serviceTTL.seconds(service))
        )
        var names = asked.names
        names.datacenter = result.datacenter
        let endpoints = result.endpoints.map { endpoint in
            Endpoint(endpoint.instance, on: endpoint.node, health: endpoint.health) { $0 == name }
        }
        let content = zone.content(of: endpoints, about: service, names, ttlSeconds: ttlSeconds)
        let alias = ServiceAlias(
            record: content.host.map {
                ResourceRecord(owner: name, type: .cname, ttlSeconds: ttlSeconds, rdata: $0.wire)
            },
            rrsets: content.rrsets.map(Self.limited),
            note: ServiceZone.unhealthyNote(
                result.unhealthyCount,
                of: result.unhealthyCount + endpoints.count
            )
        )
        let bits = question.clientSubnet.map { Int($0.sourcePrefixLength) }
        return .records(alias, bits: result.dependsOnAddress ? bits : nil)
    }

    /// RFC 2181 §8.
    private static let ttlSecondsMax = Int(Int32.max)

    /// The first records of an RRset, as many as its limit lets through: the nearest come first.
    private static func limited(_ rrset: PublishedRRset) -> PublishedRRset {
        guard rrset.limit.records > 0 else { return rrset }
        var limited = rrset
        limited.rdata = Array(rrset.rdata.prefix(rrset.limit.records))
        return limited
    }

    /// True when a longer name may ask for a query, so that this one exists too (RFC 8020).
    private func mayHaveNames(below asked: PreparedQueryName) -> Bool {
        keeper.read { catalog in
            asked.ends.contains { end in
                end.isEmpty
                    ? catalog.preparedQueryCount > 0
                    : catalog.mayHavePreparedQuery(endingIn: end)
            }
        }
    }

    /// The network for which a resolver asks counts, if it tells one, else its own address.
    private func source(of question: FallbackQuery) -> QuerySource {
        guard let subnet = question.clientSubnet else {
            return QuerySource(localNode: localNode, address: question.client)
        }
        return QuerySource(
            localNode: localNode,
            // RFC 7871 §7.1.2: with no bits at all the client wants to stay unknown.
            address: subnet.sourcePrefixLength > 0 ? subnet.address : nil,
            addressBits: Int(subnet.sourcePrefixLength)
        )
    }
}
