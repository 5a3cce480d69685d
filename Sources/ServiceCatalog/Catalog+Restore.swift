extension Catalog {
    /// Fills an empty catalog with `contents`, as `CatalogRestoration` does.
    package mutating func restore(_ contents: CatalogContents, index: CatalogIndex) {
        var restoration = CatalogRestoration(of: self, index: index)
        for node in contents.nodes { restoration.add(node) }
        for instance in contents.instances { restoration.add(instance) }
        for check in contents.checks { restoration.add(check) }
        for entry in contents.entries { restoration.add(entry) }
        for session in contents.sessions { restoration.add(session) }
        for query in contents.preparedQueries { restoration.add(query) }
        for policy in contents.accessPolicies { restoration.add(policy) }
        for token in contents.accessTokens { restoration.add(token) }
        self = restoration.finish()
    }

    /// Moves all indexes to that of what was restored.
    mutating func finishRestoring(at index: CatalogIndex) {
        self.index = index
        serviceListIndex = index
        nodeListIndex = index
        checksIndex = index
        extinctionIndex = index
        sessionsIndex = index
        preparedQueriesIndex = index
        accessPoliciesIndex = index
        accessTokensIndex = index
        keys.raiseFloor(to: index)
    }

    mutating func restore(_ node: Node, _ delta: inout CatalogDelta) {
        let key = Self.fold(node.name)
        nodeRecords[key] = NodeRecord(node: node, modifyIndex: delta.index)
        if !node.id.isEmpty { nodesByID[Self.fold(node.id)] = key }
        own([node.ipAddresses], by: \.nodes, key, &delta)
    }

    mutating func restore(_ instance: ServiceInstance, _ delta: inout CatalogDelta) {
        let key = InstanceKey(node: Self.fold(instance.node), id: instance.id)
        nodeRecords[key.node]?.instances[key.id] = instance
        instanceCount += 1
        file(key, underService: instance.service, at: delta.index)
        let groups = instance.addressGroups.map(\.addresses)
        own(groups, by: \.services, Self.fold(instance.service), &delta)
    }

    mutating func restore(_ check: HealthCheck) {
        let node = Self.fold(check.node)
        nodeRecords[node]?.checks[check.id] = check
        fileCheck(check, onNode: node)
        checkCount += 1
    }

    mutating func restore(_ policy: AccessPolicy) {
        policyRecords[Self.fold(policy.id)] = policy
        policiesByName[policy.name] = Self.fold(policy.id)
    }

    mutating func restore(_ token: AccessToken) {
        tokenRecords[Self.fold(token.accessorID)] = token
        tokensBySecret[token.secretID] = Self.fold(token.accessorID)
    }
}
