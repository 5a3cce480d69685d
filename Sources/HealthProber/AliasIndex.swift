package import ServiceCatalog

/// Which alias checks follow which instances and nodes.
///
/// Cost: a change of the catalog costs only for those who follow what it touched.
package struct AliasIndex: Sendable {
    /// By folded node name, then by service id; an empty id is the node itself.
    private var followers: [String: [String: Set<CheckKey>]] = [:]
    private var targets: [CheckKey: InstanceKey] = [:]

    package init() {}

    /// The instance or node that an alias check of `node` follows; nil for other checks.
    package static func target(of check: CheckDefinition, onNode node: String) -> InstanceKey? {
        guard case .alias(let target, let serviceID) = check.probe else { return nil }
        return InstanceKey(node: Catalog.fold(target.isEmpty ? node : target), id: serviceID)
    }

    /// `check` has its node's name folded.
    package mutating func add(_ check: CheckKey, target: InstanceKey) {
        remove(check)
        targets[check] = target
        followers[target.node, default: [:]][target.id, default: []].insert(check)
    }

    package mutating func remove(_ check: CheckKey) {
        guard let target = targets.removeValue(forKey: check) else { return }
        followers[target.node]?[target.id]?.remove(check)
        if followers[target.node]?[target.id]?.isEmpty == true {
            followers[target.node]?[target.id] = nil
        }
        if followers[target.node]?.isEmpty == true { followers[target.node] = nil }
    }

    /// The alias checks whose target `delta` may have changed.
    package func affected(by delta: CatalogDelta) -> Set<CheckKey> {
        guard !targets.isEmpty else { return [] }
        var checks: Set<CheckKey> = []
        var nodes: Set<String> = []
        for event in delta.events {
            switch event {
            case .node(let old, let new):
                if let node = new ?? old { nodes.insert(Catalog.fold(node.name)) }
            case .instance(let old, let new):
                guard let instance = new ?? old else { continue }
                checks.formUnion(followers(of: instance.node, instance.id))
            case .check(let old, let new):
                for check in [old, new] {
                    guard let check else { continue }
                    if check.serviceID.isEmpty { nodes.insert(Catalog.fold(check.node)) }
                    checks.formUnion(followers(of: check.node, check.serviceID))
                }
            case .keyValue, .session, .preparedQuery, .accessPolicy, .accessToken: continue
            }
        }
        // What happens to a node as a whole, or to a check of it, decides about all on it.
        for node in nodes {
            for followers in (followers[node] ?? [:]).values { checks.formUnion(followers) }
        }
        return checks
    }

    /// What an alias check of `target` has to say now.
    ///
    /// The worst of the deciding checks but itself; no checks are passing, no target is critical.
    package static func result(
        of target: InstanceKey,
        for alias: CheckKey,
        in catalog: borrowing Catalog
    ) -> ProbeResult {
        if catalog.node(target.node) == nil {
            return ProbeResult(.critical, "node \"\(target.node)\" is not registered")
        }
        if !target.id.isEmpty, catalog.instance(target) == nil {
            return ProbeResult(
                .critical,
                "service \"\(target.id)\" on node \"\(target.node)\" is not registered"
            )
        }
        let checks = catalog.decidingChecks(target).filter {
            $0.id != alias.id || Catalog.fold($0.node) != alias.node
        }
        guard let worst = checks.max(by: { $0.status < $1.status }) else {
            return ProbeResult(.passing, "no checks to follow")
        }
        guard worst.status != .passing else { return ProbeResult(.passing, "all checks passing") }
        return ProbeResult(worst.status, "check \"\(worst.id)\" is \(worst.status.rawValue)")
    }

    private func followers(of node: String, _ id: String) -> Set<CheckKey> {
        followers[Catalog.fold(node)]?[id] ?? []
    }
}
