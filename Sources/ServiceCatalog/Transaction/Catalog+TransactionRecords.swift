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
    /// Nodes with all on them, and services, as they are before a transaction.
    struct RecordsBefore {
        var nodes: [String: NodeRecord?] = [:]
        var services: [String: ServiceRecord?] = [:]
    }

    /// What the operations may touch, as it is now.
    func records(touchedBy operations: [TransactionOperation]) -> RecordsBefore {
        var before = RecordsBefore()
        for operation in operations {
            let name: String
            switch operation {
            case .node(let verb, let node) where verb != .get: name = node.name
            case .check(let verb, let check) where verb != .get: name = check.node
            case .service(let verb, let instance) where verb != .get:
                name = instance.node
                let service = Self.fold(instance.service)
                before.services[service] = .some(serviceRecords[service])
            default: continue
            }
            let record = nodeRecords[Self.fold(name)]
            before.nodes[Self.fold(name)] = .some(record)
            for instance in record?.instances.values ?? [:].values {
                let service = Self.fold(instance.service)
                before.services[service] = .some(serviceRecords[service])
            }
        }
        return before
    }

    /// Takes back all that `delta` says was done.
    mutating func undo(_ delta: CatalogDelta, to before: RecordsBefore) {
        var unused = CatalogDelta(index: delta.index)
        for event in delta.events.reversed() { undo(event, &unused) }
        for (name, record) in before.nodes { nodeRecords[name] = record }
        for (name, record) in before.services { serviceRecords[name] = record }
    }

    private mutating func undo(_ event: CatalogEvent, _ unused: inout CatalogDelta) {
        switch event {
        case .node(let old, let new):
            if let new {
                disown([new.ipAddresses], by: \.nodes, Self.fold(new.name), &unused)
                nodesByID[Self.fold(new.id)] = nil
            }
            if let old {
                own([old.ipAddresses], by: \.nodes, Self.fold(old.name), &unused)
                if !old.id.isEmpty { nodesByID[Self.fold(old.id)] = Self.fold(old.name) }
            }
        case .instance(let old, let new):
            if let new {
                disown(
                    new.addressGroups.map(\.addresses),
                    by: \.services,
                    Self.fold(new.service),
                    &unused
                )
                instanceCount -= 1
            }
            if let old {
                own(
                    old.addressGroups.map(\.addresses),
                    by: \.services,
                    Self.fold(old.service),
                    &unused
                )
                instanceCount += 1
            }
        case .check(let old, let new):
            checkCount += (old == nil ? 0 : 1) - (new == nil ? 0 : 1)
        case .keyValue(let old, let new):
            if let old { keys.set(old) } else if let new { keys.remove(new.key) }
        case .session(let old, let new):
            if let new { unfile(new) }
            if let old { file(old) }
        case .preparedQuery(let old, let new):
            if let new {
                queryNames.remove(new)
                queryRecords[Self.fold(new.id)] = nil
            }
            if let old { restore(old) }
        case .accessPolicy, .accessToken: break
        }
    }
}
