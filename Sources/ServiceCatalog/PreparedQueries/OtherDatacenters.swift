/// The datacenters beside this one, as far as this server knows them.
///
/// Called outside the catalog's lock, also on DNS worker threads: it answers from memory.
package protocol OtherDatacenters: Sendable {
    /// The nearest first, this one not among them.
    var names: [String] { get }

    /// What a rendered query finds in a datacenter; nil when nothing is known of it now.
    func execute(
        _ query: PreparedQuery,
        in datacenter: String,
        from source: QuerySource,
        wantsChecks: Bool
    ) -> QueryResult?
}

/// This datacenter is alone.
package struct NoOtherDatacenters: OtherDatacenters {
    package init() {}

    package var names: [String] { [] }

    package func execute(
        _ query: PreparedQuery,
        in datacenter: String,
        from source: QuerySource,
        wantsChecks: Bool
    ) -> QueryResult? {
        nil
    }
}

extension PreparedQuery.Failover {
    /// The datacenters to ask, in order, each once; `known` has the nearest first.
    ///
    /// What is not known is skipped, as by Consul; so are peers, as there are none.
    func plan(among known: [String]) -> [String] {
        var plan = Array(known.prefix(nearestN))
        let listed = targets.isEmpty ? datacenters : targets.map(\.datacenter)
        for name in listed where known.contains(name) && !plan.contains(name) {
            plan.append(name)
        }
        return plan
    }
}
