extension Catalog {
    /// Fills an empty catalog with what a store kept, as of `index`.
    ///
    /// Things keep the indexes they were written at. The indexes of lists and services all become
    /// `index`: a watcher that comes back after a restart is told at once, never too late.
    /// Instances and checks whose node is missing are left out.
    package mutating func restore(
        nodes: [Node],
        instances: [ServiceInstance],
        checks: [HealthCheck],
        index: CatalogIndex
    ) {
        precondition(nodeRecords.isEmpty, "only an empty catalog is restored")
        var delta = CatalogDelta(index: max(index, 1))
        for node in nodes { restore(node, &delta) }
        for instance in instances where nodeRecords[Self.fold(instance.node)] != nil {
            restore(instance, &delta)
        }
        for check in checks where nodeRecords[Self.fold(check.node)] != nil { restore(check) }
        self.index = delta.index
        serviceListIndex = delta.index
        nodeListIndex = delta.index
        checksIndex = delta.index
        extinctionIndex = delta.index
    }

    private mutating func restore(_ node: Node, _ delta: inout CatalogDelta) {
        let key = Self.fold(node.name)
        nodeRecords[key] = NodeRecord(node: node, modifyIndex: delta.index)
        if !node.id.isEmpty { nodesByID[Self.fold(node.id)] = key }
        own(node.ipAddresses, by: \.nodes, key, &delta)
    }

    private mutating func restore(_ instance: ServiceInstance, _ delta: inout CatalogDelta) {
        let key = InstanceKey(node: Self.fold(instance.node), id: instance.id)
        nodeRecords[key.node]?.instances[key.id] = instance
        instanceCount += 1
        file(key, underService: instance.service, at: delta.index)
        own(instance.ipAddresses, by: \.services, Self.fold(instance.service), &delta)
    }

    private mutating func restore(_ check: HealthCheck) {
        let node = Self.fold(check.node)
        nodeRecords[node]?.checks[check.id] = check
        fileCheck(check, onNode: node)
        checkCount += 1
    }
}
