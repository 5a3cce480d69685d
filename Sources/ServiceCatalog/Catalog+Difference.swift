// How two catalogs differ: what a server has to tell its listeners when it takes another's word for
// all of it.
extension Catalog {
    /// What would have led from `old` to this catalog, as one delta.
    ///
    /// Cost: all of both is looked at.
    package func difference(from old: borrowing Catalog) -> CatalogDelta {
        var delta = CatalogDelta(index: max(index, old.index))
        noteNodes(old, &delta)
        let oldEntries = Dictionary(old.entries.map { (Array($0.key.utf8), $0) }) { $1 }
        Self.note(
            from: oldEntries,
            to: Dictionary(entries.map { (Array($0.key.utf8), $0) }) { $1 },
            { .keyValue(old: $0, new: $1) },
            &delta
        )
        Self.note(
            from: Dictionary(old.sessions.map { ($0.id, $0) }) { $1 },
            to: Dictionary(sessions.map { ($0.id, $0) }) { $1 },
            { .session(old: $0, new: $1) },
            &delta
        )
        Self.note(
            from: Dictionary(old.preparedQueries.map { ($0.id, $0) }) { $1 },
            to: Dictionary(preparedQueries.map { ($0.id, $0) }) { $1 },
            { .preparedQuery(old: $0, new: $1) },
            &delta
        )
        Self.note(
            from: Dictionary(old.accessPolicies.map { ($0.id, $0) }) { $1 },
            to: Dictionary(accessPolicies.map { ($0.id, $0) }) { $1 },
            { .accessPolicy(old: $0, new: $1) },
            &delta
        )
        Self.note(
            from: Dictionary(old.accessTokens.map { ($0.accessorID, $0) }) { $1 },
            to: Dictionary(accessTokens.map { ($0.accessorID, $0) }) { $1 },
            { .accessToken(old: $0, new: $1) },
            &delta
        )
        return delta
    }

    private func noteNodes(_ old: borrowing Catalog, _ delta: inout CatalogDelta) {
        for name in Set(old.nodeRecords.keys).union(nodeRecords.keys) {
            let (before, after) = (old.nodeRecords[name], nodeRecords[name])
            if before?.node != after?.node {
                delta.note(.node(old: before?.node, new: after?.node))
                for record in [before, after] {
                    guard let record else { continue }
                    delta.addresses.formUnion(record.node.ipAddresses)
                    // The answers of all that is on it may have its address.
                    record.instances.forEach { delta.services.insert($1.service) }
                }
            }
            let ofNode = (before?.node.ipAddresses ?? []) + (after?.node.ipAddresses ?? [])
            Self.note(
                from: before?.instances.dictionary ?? [:],
                to: after?.instances.dictionary ?? [:],
                { .instance(old: $0, new: $1) },
                &delta
            ) { instance, delta in
                delta.addresses.formUnion(instance.ipAddresses)
                delta.addresses.formUnion(ofNode)
            }
            Self.note(
                from: before?.checks.dictionary ?? [:],
                to: after?.checks.dictionary ?? [:],
                { .check(old: $0, new: $1) },
                &delta
            ) { check, delta in
                // A check of a node decides about all on it.
                guard check.serviceID.isEmpty else { return }
                after?.instances.forEach { delta.services.insert($1.service) }
            }
        }
    }

    private static func note<Key: Hashable, Thing: Equatable>(
        from old: [Key: Thing],
        to new: [Key: Thing],
        _ event: (Thing?, Thing?) -> CatalogEvent,
        _ delta: inout CatalogDelta,
        _ also: (Thing, inout CatalogDelta) -> Void = { _, _ in }
    ) {
        for (key, thing) in old where new[key] == nil {
            delta.note(event(thing, nil))
            also(thing, &delta)
        }
        for (key, thing) in new where old[key] != thing {
            delta.note(event(old[key], thing))
            also(thing, &delta)
            if let thing = old[key] { also(thing, &delta) }
        }
    }
}

extension HashTrie {
    fileprivate var dictionary: [Key: Value] {
        var result: [Key: Value] = [:]
        result.reserveCapacity(count)
        forEach { result[$0] = $1 }
        return result
    }
}
