// Nodes, instances and checks that a transaction writes.
extension Catalog {
    mutating func change(
        _ node: Node,
        _ verb: TransactionOperation.RecordVerb,
        _ delta: inout CatalogDelta
    ) throws(OperationFailure) -> [TransactionResult] {
        let old = self.node(node.name)
        try check(verb, node.modifyIndex, against: old?.modifyIndex, "node \"\(node.name)\"")
        guard verb.writes else {
            if let record = nodeRecords[Self.fold(node.name)] { removeNode(record, &delta) }
            return []
        }
        try write(Registration(node: node), &delta)
        return self.node(node.name).map { [.node($0)] } ?? []
    }

    mutating func change(
        _ instance: ServiceInstance,
        _ verb: TransactionOperation.RecordVerb,
        _ delta: inout CatalogDelta
    ) throws(OperationFailure) -> [TransactionResult] {
        let old = self.instance(instance.key)
        try check(
            verb,
            instance.modifyIndex,
            against: old?.modifyIndex,
            "service \"\(instance.id)\" on node \"\(instance.node)\""
        )
        guard verb.writes else {
            if let old { removeInstance(old, &delta) }
            return []
        }
        try write(Registration(instance: instance), &delta)
        return self.instance(instance.key).map { [.service($0)] } ?? []
    }

    mutating func change(
        _ check: HealthCheck,
        _ verb: TransactionOperation.RecordVerb,
        _ delta: inout CatalogDelta
    ) throws(OperationFailure) -> [TransactionResult] {
        let old = self.check(check.key)
        try self.check(
            verb,
            check.modifyIndex,
            against: old?.modifyIndex,
            "check \"\(check.id)\" on node \"\(check.node)\""
        )
        guard verb.writes else {
            if let old { removeCheck(old, &delta) }
            return []
        }
        try write(
            Registration(checks: [RegisteredCheck(check, keepsStatus: false)]),
            &delta
        )
        return self.check(check.key).map { [.check($0)] } ?? []
    }

    private mutating func write(
        _ registration: Registration,
        _ delta: inout CatalogDelta
    ) throws(OperationFailure) {
        do throws(CatalogRejection) {
            try register(registration, &delta)
        } catch {
            throw OperationFailure(error.description)
        }
    }

    /// Refuses when the record is not as the client last saw it.
    private func check(
        _ verb: TransactionOperation.RecordVerb,
        _ wanted: CatalogIndex,
        against current: CatalogIndex?,
        _ what: String
    ) throws(OperationFailure) {
        switch verb {
        case .get, .set, .delete: return
        case .compareAndSet:
            guard (current ?? 0) == wanted else {
                throw OperationFailure("failed to set \(what), index is stale")
            }
        case .compareAndDelete:
            guard current == wanted else {
                throw OperationFailure("failed to delete \(what), index is stale")
            }
        }
    }
}

extension TransactionOperation.RecordVerb {
    fileprivate var writes: Bool { self == .set || self == .compareAndSet }
}

// MARK: - Taking back

extension Catalog {
    /// Takes back all that `delta` says was done, the last first.
    ///
    /// Cost: that of the operations, however much is on their nodes.
    mutating func undo(_ delta: CatalogDelta) {
        for event in delta.events.reversed() { undo(event, delta) }
    }

    private mutating func undo(_ event: CatalogEvent, _ delta: CatalogDelta) {
        switch event {
        case .node(let old, let new): undo(old, new, delta)
        case .instance(let old, let new): undo(old, new, delta)
        case .check(let old?, let new?): replace(new, by: old)
        case .check(let old, let new):
            if let new { unfile(new) }
            if let old { file(old) }
        case .keyValue(let old, let new):
            if let old { keys.set(old) } else if let new { keys.remove(new.key) }
        case .session(let old, let new):
            if let new { unfile(new) }
            if let old { file(old) }
        case .preparedQuery(let old, let new):
            if let new {
                queryNames.remove(new)
                queryRecords.remove(Self.fold(new.id))
            }
            if let old { restore(old) }
        case .accessPolicy, .accessToken: break
        }
    }

    private mutating func undo(_ old: Node?, _ new: Node?, _ delta: CatalogDelta) {
        switch (old, new) {
        case (let old?, let new?): _ = replace(new, by: old)
        case (nil, let new?): _ = unfile(new)
        case (let old?, nil):
            _ = file(old, at: delta.vanished?.nodes[Self.fold(old.name)] ?? delta.index)
        case (nil, nil): break
        }
    }

    private mutating func undo(
        _ old: ServiceInstance?,
        _ new: ServiceInstance?,
        _ delta: CatalogDelta
    ) {
        var unused: VanishedRecords?
        switch (old, new) {
        case (let old?, let new?): _ = replace(new, by: old)
        case (nil, let new?): _ = unfile(new, &unused)
        case (let old?, nil):
            let before = delta.vanished?.services[Self.fold(old.service)]
            _ = file(old, at: before?.modifyIndex ?? delta.index, serviceName: before?.name)
        case (nil, nil): break
        }
    }
}
