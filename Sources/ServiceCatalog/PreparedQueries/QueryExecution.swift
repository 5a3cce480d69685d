internal import DNSWire

/// One run of a prepared query over one catalog.
struct QueryExecution {
    /// With its template filled in.
    var query: PreparedQuery
    var source: QuerySource
    /// True: the endpoints come with their checks.
    var wantsChecks: Bool

    /// What the query finds in `catalog`; `isVisible` is false for what who asks may not see.
    func run(
        in catalog: borrowing Catalog,
        using random: inout some RandomNumberGenerator,
        isVisible: (ServiceInstance) -> Bool
    ) -> QueryResult {
        var result = QueryResult(
            query: query,
            endpoints: [],
            datacenter: catalog.datacenter,
            failovers: 0,
            unhealthyCount: 0,
            dependsOnAddress: near == "_ip"
        )
        // There is no mesh and there are no peers: nobody offers such instances.
        guard !query.service.connect, !source.connect, query.service.peer.isEmpty else {
            return result
        }
        let tags = TagRule(query.service.tags)
        for instance in catalog.instances(ofService: query.service.service) {
            guard tags.allows(instance.tags),
                instance.meta.contains(query.service.serviceMeta),
                let node = catalog.node(instance.node),
                node.meta.contains(query.service.nodeMeta),
                isVisible(instance)
            else { continue }
            let health = health(of: instance, catalog)
            guard isHealthy(health), !instance.isDraining else {
                result.unhealthyCount += 1
                continue
            }
            result.endpoints.append(
                QueryResult.Endpoint(node: node, instance: instance, health: health, checks: [])
            )
        }
        result.endpoints.shuffle(using: &random)
        sort(&result.endpoints, catalog)
        if source.limit > 0 { result.endpoints = Array(result.endpoints.prefix(source.limit)) }
        if wantsChecks {
            for index in result.endpoints.indices {
                let key = result.endpoints[index].instance.key
                result.endpoints[index].checks = catalog.decidingChecks(key)
            }
        }
        return result
    }

    private func health(of instance: ServiceInstance, _ catalog: borrowing Catalog) -> HealthStatus
    {
        guard !query.service.ignoreCheckIDs.isEmpty else { return catalog.health(instance.key) }
        return catalog.decidingChecks(instance.key)
            .filter { !query.service.ignoreCheckIDs.contains($0.id) }
            .map(\.status).max() ?? .passing
    }

    private func isHealthy(_ health: HealthStatus) -> Bool {
        health < (query.service.onlyPassing ? .warning : .critical)
    }

    // MARK: Order

    private var near: String { source.near.isEmpty ? query.service.near : source.near }

    /// Puts the nearest first; what is equally near stays in its random order.
    private func sort(_ endpoints: inout [QueryResult.Endpoint], _ catalog: borrowing Catalog) {
        let origin: Nearness.Origin
        switch near {
        case "": return
        case "_ip":
            guard let address = source.address else { return }
            origin = Nearness.Origin(
                node: nil,
                addresses: [address],
                bits: source.addressBits ?? address.bitWidth
            )
        default:
            let name = near == "_agent" ? source.localNode : near
            guard let node = catalog.node(name) else { return }
            origin = Nearness.Origin(node: node.name, addresses: node.ipAddresses, bits: 128)
        }
        let ranked = endpoints.enumerated().map { position, endpoint in
            (Nearness(of: endpoint, to: origin), position, endpoint)
        }
        endpoints = ranked.sorted { ($0.0, -$0.1) > ($1.0, -$1.1) }.map(\.2)
    }
}

/// Tags that must be there and, with `!` before them, must not; in any letter case.
private struct TagRule {
    private var wanted: [String] = []
    private var unwanted: [String] = []

    init(_ tags: [String]) {
        for tag in tags.map({ $0.lowercased() }) {
            if tag.hasPrefix("!") {
                unwanted.append(String(tag.dropFirst()))
            } else {
                wanted.append(tag)
            }
        }
    }

    func allows(_ tags: [String]) -> Bool {
        guard !wanted.isEmpty || !unwanted.isEmpty else { return true }
        let folded = Set(tags.map { $0.lowercased() })
        return wanted.allSatisfy(folded.contains) && !unwanted.contains(where: folded.contains)
    }
}

extension [String: String] {
    /// True when all pairs of `filter` are here.
    fileprivate func contains(_ filter: [String: String]) -> Bool {
        filter.allSatisfy { self[$0.key] == $0.value }
    }
}
