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

    /// Takes an instance that a store kept, if its node is known.
    mutating func restore(_ instance: ServiceInstance, at index: CatalogIndex) {
        guard let node = nodeRecords.read(Self.fold(instance.node), { $0.node.name }) else {
            return
        }
        _ = file(shared(instance, onNode: node), at: index)
    }

    /// The instance with the texts and extras that others have too in one copy for all.
    private func shared(_ instance: ServiceInstance, onNode node: String) -> ServiceInstance {
        guard instance.hasLongNames || instance.hasExtras else { return instance }
        return instance.filed(
            onNode: node,
            created: instance.createIndex,
            modified: instance.modifyIndex,
            beside: peer(ofService: Self.fold(instance.service))
        )
    }

    mutating func restore(_ policy: AccessPolicy) {
        policyRecords.set(Self.fold(policy.id), policy)
        policiesByName.set(policy.name, Self.fold(policy.id))
    }

    mutating func restore(_ token: AccessToken) {
        tokenRecords.set(Self.fold(token.accessorID), token)
        tokensBySecret.set(token.secretID, Self.fold(token.accessorID))
    }
}
