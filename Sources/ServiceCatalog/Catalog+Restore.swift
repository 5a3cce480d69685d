extension Catalog {
    /// Fills an empty catalog with what a store kept, as of `index`.
    ///
    /// Things keep the indexes they were written at. The indexes of lists and services all become
    /// `index`: a watcher that comes back after a restart is told at once, never too late.
    /// What is on a node that is missing is left out.
    package mutating func restore(_ contents: CatalogContents, index: CatalogIndex) {
        precondition(nodeRecords.isEmpty, "only an empty catalog is restored")
        var delta = CatalogDelta(index: max(index, 1))
        for node in contents.nodes { restore(node, &delta) }
        for instance in contents.instances
        where nodeRecords[Self.fold(instance.node)] != nil {
            restore(instance, &delta)
        }
        for check in contents.checks where nodeRecords[Self.fold(check.node)] != nil {
            restore(check)
        }
        self.index = delta.index
        serviceListIndex = delta.index
        nodeListIndex = delta.index
        checksIndex = delta.index
        extinctionIndex = delta.index
        restoreKeys(contents, at: delta.index)
        restoreAccess(contents, at: delta.index)
    }

    private mutating func restoreKeys(_ contents: CatalogContents, at index: CatalogIndex) {
        for entry in contents.entries { keys.set(entry) }
        keys.raiseFloor(to: index)
        for session in contents.sessions where nodeRecords[Self.fold(session.node)] != nil {
            file(session)
        }
        for query in contents.preparedQueries { restore(query) }
        sessionsIndex = index
        preparedQueriesIndex = index
    }

    private mutating func restoreAccess(_ contents: CatalogContents, at index: CatalogIndex) {
        for policy in contents.accessPolicies {
            policyRecords[Self.fold(policy.id)] = policy
            policiesByName[policy.name] = Self.fold(policy.id)
        }
        for token in contents.accessTokens {
            tokenRecords[Self.fold(token.accessorID)] = token
            tokensBySecret[token.secretID] = Self.fold(token.accessorID)
        }
        accessPoliciesIndex = index
        accessTokensIndex = index
    }

    private mutating func restore(_ node: Node, _ delta: inout CatalogDelta) {
        let key = Self.fold(node.name)
        nodeRecords[key] = NodeRecord(node: node, modifyIndex: delta.index)
        if !node.id.isEmpty { nodesByID[Self.fold(node.id)] = key }
        own([node.ipAddresses], by: \.nodes, key, &delta)
    }

    private mutating func restore(_ instance: ServiceInstance, _ delta: inout CatalogDelta) {
        let key = InstanceKey(node: Self.fold(instance.node), id: instance.id)
        nodeRecords[key.node]?.instances[key.id] = instance
        instanceCount += 1
        file(key, underService: instance.service, at: delta.index)
        let groups = instance.addressGroups.map(\.addresses)
        own(groups, by: \.services, Self.fold(instance.service), &delta)
    }

    private mutating func restore(_ check: HealthCheck) {
        let node = Self.fold(check.node)
        nodeRecords[node]?.checks[check.id] = check
        fileCheck(check, onNode: node)
        checkCount += 1
    }
}
