// One thing written or removed by a change, with all that follows from it.

// MARK: - Writing one thing

extension Catalog {
    mutating func writeNode(_ new: Node, _ delta: inout CatalogDelta) {
        let key = Self.fold(new.name)
        var node = new
        guard let record = nodeRecords[key] else {
            node.createIndex = delta.index
            node.modifyIndex = delta.index
            delta.addresses.formUnion(file(node, at: delta.index))
            delta.note(.node(old: nil, new: node))
            return
        }
        let old = record.node
        // The first spelling of a name stays, and an id once known is not forgotten.
        node.name = old.name
        if node.id.isEmpty { node.id = old.id }
        node.createIndex = old.createIndex
        guard !node.hasSameContent(as: old) else { return }
        node.modifyIndex = delta.index
        delta.addresses.formUnion(replace(old, by: node))
        delta.note(.node(old: old, new: node))
        touchServices(onNode: key, &delta)
    }

    mutating func writeInstance(_ new: ServiceInstance, _ delta: inout CatalogDelta) {
        guard let (node, old) = standing(new) else { return }
        let instance = new.filed(
            // As the node spells it: one node has one spelling everywhere.
            onNode: node,
            created: old?.createIndex ?? delta.index,
            modified: delta.index,
            beside: old ?? peer(ofService: Self.fold(new.service))
        )
        if let old, instance.hasSameContent(as: old) { return }
        let addresses =
            if let old { replace(old, by: instance) } else { file(instance, at: delta.index) }
        delta.addresses.formUnion(addresses)
        delta.note(.instance(old: old, new: instance))
        if (old?.tags ?? []) != instance.tags || old?.service != instance.service {
            for check in checks(ofInstance: instance.key) { writeCheck(check, &delta) }
        }
    }

    mutating func writeCheck(_ new: HealthCheck, _ delta: inout CatalogDelta) {
        guard let (node, owner, old) = standing(new) else { return }
        let check = new.filed(
            onNode: node,
            of: owner,
            created: old?.createIndex ?? delta.index,
            modified: delta.index
        )
        if let old {
            if check.hasSameContent(as: old) { return }
            replace(old, by: check)
        } else {
            file(check)
        }
        delta.note(.check(old: old, new: check))
        if check.serviceID.isEmpty { touchServices(onNode: check.node, &delta) }
        if check.status == .critical { endSessions(dependingOn: check, &delta) }
    }

    /// Some instance of a service.
    func peer(ofService key: String) -> ServiceInstance? {
        serviceRecords.read(key) { $0.members.first?.instance } ?? nil
    }

    /// What an instance replaces, and how its node is spelled; nil for an unknown node.
    ///
    /// Why apart: a record that is still held while its parts are written would be copied first.
    private func standing(
        _ new: ServiceInstance
    ) -> (node: String, old: ServiceInstance?)? {
        nodeRecords.read(Self.fold(new.node)) { ($0.node.name, $0.instances[new.id]) }
    }

    /// The same for a check, with the instance that it belongs to.
    private func standing(
        _ new: HealthCheck
    ) -> (node: String, owner: ServiceInstance?, old: HealthCheck?)? {
        nodeRecords.read(Self.fold(new.node)) { record in
            (record.node.name, record.instances[new.serviceID], record.checks[new.id])
        }
    }

    /// What changes of a node itself, or of a check of it, concerns everything on it.
    private func touchServices(onNode name: String, _ delta: inout CatalogDelta) {
        nodeRecords.read(Self.fold(name)) { record in
            record.instances.forEach { delta.services.insert($1.service) }
        }
    }
}

// MARK: - Removing one thing

extension Catalog {
    mutating func removeNode(_ record: NodeRecord, _ delta: inout CatalogDelta) {
        let key = Self.fold(record.node.name)
        endSessions(onNode: key, &delta)
        for instance in record.instances.values.sorted(by: { $0.id < $1.id }) {
            removeInstance(instance, &delta)
        }
        for check in nodeChecks(key) { removeCheck(check, &delta) }
        if delta.vanished != nil, delta.vanished?.nodes[key] == nil {
            delta.vanished?.nodes[key] = record.modifyIndex
        }
        delta.addresses.formUnion(unfile(record.node))
        delta.note(.node(old: record.node, new: nil))
    }

    mutating func removeInstance(
        _ instance: ServiceInstance,
        _ delta: inout CatalogDelta
    ) {
        for check in checks(ofInstance: instance.key) { removeCheck(check, &delta) }
        delta.addresses.formUnion(unfile(instance, &delta.vanished))
        delta.note(.instance(old: instance, new: nil))
    }

    mutating func removeCheck(_ check: HealthCheck, _ delta: inout CatalogDelta) {
        unfile(check)
        delta.note(.check(old: check, new: nil))
        if check.serviceID.isEmpty { touchServices(onNode: check.node, &delta) }
        endSessions(dependingOn: check, &delta)
    }
}
