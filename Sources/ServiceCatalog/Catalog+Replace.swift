// A snapshot that takes the place of everything.
extension Catalog {
    /// Makes the catalog hold exactly `contents`.
    ///
    /// What is the same already stays as it is, with its indexes, and nobody is told of it. All
    /// else counts as written now: an index never moves backwards.
    mutating func replaceAll(with contents: CatalogContents, _ delta: inout CatalogDelta) {
        // First, so that what happens to nodes and checks below releases no lock.
        let sessions = Dictionary(contents.sessions.map { (Self.fold($0.id), $0) }) { $1 }
        for old in self.sessions where sessions[Self.fold(old.id)] != old {
            unfile(old)
            delta.note(.session(old: old, new: nil))
        }
        let kept = self.sessions
        for session in kept { unfile(session) }
        replaceNodes(with: contents, &delta)
        replaceKeys(with: contents.entries, &delta)
        for session in kept {
            if node(session.node) != nil {
                file(session)
            } else {
                delta.note(.session(old: session, new: nil))
            }
        }
        for new in contents.sessions where node(new.node) != nil && self.session(new.id) == nil {
            var session = new
            session.createIndex = delta.index
            session.modifyIndex = delta.index
            file(session)
            delta.note(.session(old: nil, new: session))
        }
        replacePreparedQueries(with: contents.preparedQueries, &delta)
        replaceAccess(with: contents, &delta)
    }

    private mutating func replaceNodes(
        with contents: CatalogContents,
        _ delta: inout CatalogDelta
    ) {
        let nodes = Set(contents.nodes.map { Self.fold($0.name) })
        let services = Dictionary(
            contents.instances.map {
                (InstanceKey(node: Self.fold($0.node), id: $0.id), Self.fold($0.service))
            }
        ) { $1 }
        let checks = Dictionary(
            contents.checks.map {
                (CheckKey(node: Self.fold($0.node), id: $0.id), $0.serviceID)
            }
        ) { $1 }
        for name in nodeRecords.keys.sorted() {
            guard let record = nodeRecords[name] else { continue }
            guard nodes.contains(name) else {
                removeNode(record, &delta)
                continue
            }
            for old in record.instances.values.sorted(by: { $0.id < $1.id })
            where services[InstanceKey(node: name, id: old.id)] != Self.fold(old.service) {
                removeInstance(old, &delta)
            }
            for old in self.checks(onNode: name)
            where checks[CheckKey(node: name, id: old.id)] != old.serviceID {
                removeCheck(old, &delta)
            }
        }
        for node in contents.nodes { writeNode(node, &delta) }
        for node in contents.nodes where !node.id.isEmpty {
            // Ids may have changed places.
            nodesByID.set(Self.fold(node.id), Self.fold(node.name))
        }
        for instance in contents.instances where nodes.contains(Self.fold(instance.node)) {
            writeInstance(instance, &delta)
        }
        for check in contents.checks where nodes.contains(Self.fold(check.node)) {
            writeCheck(check, &delta)
        }
    }

    private mutating func replaceKeys(
        with entries: [KeyValueEntry],
        _ delta: inout CatalogDelta
    ) {
        let kept = Set(entries.map { Array($0.key.utf8) })
        for old in keys.all where !kept.contains(Array(old.key.utf8)) { remove(old, &delta) }
        for new in entries {
            let old = keys.find(new.key)
            if let old, old.hasSameContent(as: new) { continue }
            var entry = new
            entry.createIndex = old?.createIndex ?? delta.index
            put(entry, over: old, &delta)
        }
    }

    private mutating func replacePreparedQueries(
        with queries: [PreparedQuery],
        _ delta: inout CatalogDelta
    ) {
        let wanted = Dictionary(queries.map { (Self.fold($0.id), $0) }) { $1 }
        for old in preparedQueries
        where wanted[Self.fold(old.id)]?.hasSameContent(as: old) != true {
            _ = try? deletePreparedQuery(old.id, &delta)
        }
        for query in queries { _ = try? setPreparedQuery(query, &delta) }
    }

    private mutating func replaceAccess(
        with contents: CatalogContents,
        _ delta: inout CatalogDelta
    ) {
        let policies = Dictionary(contents.accessPolicies.map { (Self.fold($0.id), $0) }) { $1 }
        for old in accessPolicies
        where policies[Self.fold(old.id)]?.hasSameContent(as: old) != true {
            _ = try? deleteAccessPolicy(old.id, &delta)
        }
        for policy in contents.accessPolicies { _ = try? setAccessPolicy(policy, &delta) }
        let tokens = Dictionary(
            contents.accessTokens.map { (Self.fold($0.accessorID), $0) }
        ) { $1 }
        for old in accessTokens
        where tokens[Self.fold(old.accessorID)]?.hasSameContent(as: old) != true {
            _ = try? deleteAccessToken(old.accessorID, &delta)
        }
        for token in contents.accessTokens { _ = try? setAccessToken(token, &delta) }
    }
}
