internal import DNSWire

extension Catalog {
    /// Applies `change` as the one at `index`, whole or not at all.
    ///
    /// A change that says what is known already is applied and has no effect: the delta is empty
    /// and no index moves.
    /// - Throws: `CatalogRejection`; the catalog is then unchanged.
    package mutating func apply(
        _ change: CatalogChange,
        at index: CatalogIndex
    ) throws(CatalogRejection) -> CatalogDelta {
        var delta = CatalogDelta(index: index)
        switch change {
        case .register(let registration):
            try register(registration, &delta)
        case .deregisterNode(let name):
            guard let record = nodeRecords[Self.fold(name)] else { throw .unknownNode(name) }
            removeNode(record, &delta)
        case .deregisterInstance(let key, let condition):
            guard let instance = instance(key) else { throw .unknownInstance(key) }
            guard holds(condition, for: instance) else { throw .conditionFailed }
            removeInstance(instance, &delta)
        case .deregisterCheck(let key):
            guard let check = check(key) else { throw .unknownCheck(key) }
            removeCheck(check, &delta)
        case .checkStatus(let key, let status, let output):
            guard var check = check(key) else { throw .unknownCheck(key) }
            check.status = status
            check.output = output
            writeCheck(check, &delta)
        case .drain(let key):
            guard var instance = instance(key) else { throw .unknownInstance(key) }
            instance.isDraining = true
            writeInstance(instance, &delta)
        case .keyValue(let change): try apply(change, &delta)
        case .createSession(let session): try createSession(session, &delta)
        case .endSession(let id, let index):
            if let index, session(id)?.createIndex != index { throw .conditionFailed }
            endSession(id, &delta)
        case .transaction(let operations): try transact(operations, &delta)
        case .replaceAll(let contents): replaceAll(with: contents, &delta)
        case .setPreparedQuery(let query): try setPreparedQuery(query, &delta)
        case .deletePreparedQuery(let id): try deletePreparedQuery(id, &delta)
        case .setAccessPolicy(let policy): try setAccessPolicy(policy, &delta)
        case .deleteAccessPolicy(let id): try deleteAccessPolicy(id, &delta)
        case .setAccessToken(let token): try setAccessToken(token, &delta)
        case .deleteAccessToken(let id): try deleteAccessToken(id, &delta)
        }
        guard !delta.isEmpty else { return delta }
        bury(delta)
        advance(delta)
        return delta
    }

    private func holds(_ condition: RemovalCondition?, for instance: ServiceInstance) -> Bool {
        switch condition {
        case nil: true
        case .leaseIs(let lease): instance.lease?.id == lease
        case .checkIsCritical(let id):
            check(CheckKey(node: instance.node, id: id))?.status == .critical
        }
    }

    /// Moves the indexes of all that `delta` touches.
    private mutating func advance(_ delta: CatalogDelta) {
        index = delta.index
        if delta.changesServiceList { serviceListIndex = delta.index }
        if delta.changesNodeList { nodeListIndex = delta.index }
        if delta.changesChecks { checksIndex = delta.index }
        if delta.changesSessions { sessionsIndex = delta.index }
        if delta.changesPreparedQueries { preparedQueriesIndex = delta.index }
        if delta.changesAccessPolicies { accessPoliciesIndex = delta.index }
        if delta.changesAccessTokens { accessTokensIndex = delta.index }
        for service in delta.services {
            let key = Self.fold(service)
            if serviceRecords[key] == nil {
                extinctionIndex = delta.index
            } else {
                serviceRecords[key]?.modifyIndex = delta.index
            }
        }
        for node in delta.nodes {
            nodeRecords[Self.fold(node)]?.modifyIndex = delta.index
        }
    }
}

// MARK: - Registration

extension Catalog {
    mutating func register(
        _ registration: Registration,
        _ delta: inout CatalogDelta
    ) throws(CatalogRejection) {
        try admit(registration)
        if let node = registration.node { writeNode(node, &delta) }
        if var instance = registration.instance {
            // The name as the node spells it: one node has one spelling everywhere.
            instance.node = node(instance.node)?.name ?? instance.node
            if let old = self.instance(instance.key),
                Self.fold(old.service) != Self.fold(instance.service)
            {
                removeInstance(old, &delta)
            }
            writeInstance(instance, &delta)
            if registration.replacesChecks {
                let kept = Set(registration.checks.map(\.check.id))
                for check in checks(ofInstance: instance.key) where !kept.contains(check.id) {
                    removeCheck(check, &delta)
                }
            }
        }
        for registered in registration.checks {
            var check = registered.check
            check.node = node(check.node)?.name ?? check.node
            if let old = self.check(check.key) {
                if registered.keepsStatus {
                    check.status = old.status
                    check.output = old.output
                }
                if old.serviceID != check.serviceID { removeCheck(old, &delta) }
            }
            writeCheck(check, &delta)
        }
    }

    /// Refuses what could not be written whole.
    private func admit(_ registration: Registration) throws(CatalogRejection) {
        let newNode = registration.node.map { Self.fold($0.name) }
        func isKnown(_ name: String) -> Bool {
            Self.fold(name) == newNode || nodeRecords[Self.fold(name)] != nil
        }
        if let node = registration.node {
            if !node.id.isEmpty, let other = nodesByID[Self.fold(node.id)], other != newNode {
                throw .nodeIDTaken(id: node.id, by: nodeRecords[other]?.node.name ?? other)
            }
            if nodeRecords[Self.fold(node.name)] == nil, nodeCount >= limits.nodesMax {
                throw .limitReached(what: "nodes", limit: limits.nodesMax)
            }
        }
        if let instance = registration.instance {
            guard isKnown(instance.node) else { throw .unknownNode(instance.node) }
            try admit(instance)
        }
        for check in registration.checks.map(\.check) {
            guard isKnown(check.node) else { throw .unknownNode(check.node) }
            let owner = InstanceKey(node: check.node, id: check.serviceID)
            let isNew =
                registration.instance.map {
                    $0.id == owner.id && Self.fold($0.node) == Self.fold(owner.node)
                } ?? false
            guard owner.id.isEmpty || isNew || instance(owner) != nil else {
                throw .unknownInstance(owner)
            }
        }
        if checkCount + registration.checks.count > limits.checksMax {
            throw .limitReached(what: "checks", limit: limits.checksMax)
        }
    }

    private func admit(_ new: ServiceInstance) throws(CatalogRejection) {
        let old = instance(new.key)
        if old == nil, instanceCount >= limits.instancesMax {
            throw .limitReached(what: "instances", limit: limits.instancesMax)
        }
        let isNewHere = old.map { Self.fold($0.service) != Self.fold(new.service) } ?? true
        let peers = serviceRecords[Self.fold(new.service)]?.instances.count ?? 0
        if isNewHere, peers >= limits.instancesPerServiceMax {
            throw .limitReached(
                what: "instances of a service",
                limit: limits.instancesPerServiceMax
            )
        }
    }
}

// MARK: - Writing one thing

extension Catalog {
    mutating func writeNode(_ new: Node, _ delta: inout CatalogDelta) {
        let key = Self.fold(new.name)
        var node = new
        guard let record = nodeRecords[key] else {
            node.createIndex = delta.index
            node.modifyIndex = delta.index
            nodeRecords[key] = NodeRecord(node: node, modifyIndex: delta.index)
            if !node.id.isEmpty { nodesByID[Self.fold(node.id)] = key }
            own([node.ipAddresses], by: \.nodes, key, &delta)
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
        if !old.id.isEmpty, old.id != node.id { nodesByID[Self.fold(old.id)] = nil }
        if !node.id.isEmpty { nodesByID[Self.fold(node.id)] = key }
        if old.ipAddresses != node.ipAddresses {
            disown([old.ipAddresses], by: \.nodes, key, &delta)
            own([node.ipAddresses], by: \.nodes, key, &delta)
        }
        nodeRecords[key]?.node = node
        delta.note(.node(old: old, new: node))
        delta.services.formUnion(record.instances.values.map(\.service))
    }

    mutating func writeInstance(_ new: ServiceInstance, _ delta: inout CatalogDelta) {
        let nodeKey = Self.fold(new.node)
        let filed = InstanceKey(node: nodeKey, id: new.id)
        let old = nodeRecords[nodeKey]?.instances[new.id]
        var instance = new
        instance.createIndex = old?.createIndex ?? delta.index
        if let old, instance.hasSameContent(as: old) { return }
        instance.modifyIndex = delta.index
        nodeRecords[nodeKey]?.instances[instance.id] = instance
        if old == nil {
            instanceCount += 1
            file(filed, underService: instance.service, at: delta.index)
        }
        let groups = instance.addressGroups.map(\.addresses)
        let oldGroups = old?.addressGroups.map(\.addresses) ?? []
        if oldGroups != groups {
            let service = Self.fold(instance.service)
            disown(oldGroups, by: \.services, service, &delta)
            own(groups, by: \.services, service, &delta)
        }
        delta.note(.instance(old: old, new: instance))
        if old?.tags != instance.tags || old?.service != instance.service {
            for check in checks(ofInstance: instance.key) { writeCheck(check, &delta) }
        }
    }

    mutating func file(
        _ key: InstanceKey,
        underService name: String,
        at index: CatalogIndex
    ) {
        let service = Self.fold(name)
        var record =
            serviceRecords.removeValue(forKey: service)
            ?? ServiceRecord(name: name, instances: [], modifyIndex: index)
        record.instances.insert(key, at: record.instances.firstIndexNotBelow(key))
        serviceRecords[service] = record
    }

    mutating func writeCheck(_ new: HealthCheck, _ delta: inout CatalogDelta) {
        let nodeKey = Self.fold(new.node)
        var check = new
        let old = nodeRecords[nodeKey]?.checks[check.id]
        let owner = nodeRecords[nodeKey]?.instances[check.serviceID]
        check.serviceName = owner?.service ?? ""
        check.serviceTags = owner?.tags ?? []
        check.createIndex = old?.createIndex ?? delta.index
        if let old, check.hasSameContent(as: old) { return }
        check.modifyIndex = delta.index
        nodeRecords[nodeKey]?.checks[check.id] = check
        if old == nil {
            checkCount += 1
            fileCheck(check, onNode: nodeKey)
        }
        delta.note(.check(old: old, new: check))
        touchServices(of: check, &delta)
        if check.status == .critical { endSessions(dependingOn: check, &delta) }
    }

    mutating func fileCheck(_ check: HealthCheck, onNode node: String) {
        var ids = nodeRecords[node]?.checkIDs.removeValue(forKey: check.serviceID) ?? []
        ids.insert(check.id, at: ids.firstIndexNotBelow(check.id))
        nodeRecords[node]?.checkIDs[check.serviceID] = ids
    }

    /// A check of a node decides about everything on it.
    private func touchServices(of check: HealthCheck, _ delta: inout CatalogDelta) {
        guard check.serviceID.isEmpty else { return }
        let instances = nodeRecords[Self.fold(check.node)]?.instances.values.map(\.service) ?? []
        delta.services.formUnion(instances)
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
        if !record.node.id.isEmpty { nodesByID[Self.fold(record.node.id)] = nil }
        disown([record.node.ipAddresses], by: \.nodes, key, &delta)
        nodeRecords[key] = nil
        delta.note(.node(old: record.node, new: nil))
    }

    mutating func removeInstance(
        _ instance: ServiceInstance,
        _ delta: inout CatalogDelta
    ) {
        for check in checks(ofInstance: instance.key) { removeCheck(check, &delta) }
        let filed = InstanceKey(node: Self.fold(instance.node), id: instance.id)
        nodeRecords[filed.node]?.instances[filed.id] = nil
        instanceCount -= 1
        let service = Self.fold(instance.service)
        if var record = serviceRecords.removeValue(forKey: service) {
            let position = record.instances.firstIndexNotBelow(filed)
            if position < record.instances.count, record.instances[position] == filed {
                record.instances.remove(at: position)
            }
            if !record.instances.isEmpty { serviceRecords[service] = record }
        }
        disown(instance.addressGroups.map(\.addresses), by: \.services, service, &delta)
        delta.note(.instance(old: instance, new: nil))
    }

    mutating func removeCheck(_ check: HealthCheck, _ delta: inout CatalogDelta) {
        let nodeKey = Self.fold(check.node)
        nodeRecords[nodeKey]?.checks[check.id] = nil
        checkCount -= 1
        if var ids = nodeRecords[nodeKey]?.checkIDs.removeValue(forKey: check.serviceID) {
            ids.removeAll { $0 == check.id }
            if !ids.isEmpty { nodeRecords[nodeKey]?.checkIDs[check.serviceID] = ids }
        }
        delta.note(.check(old: check, new: nil))
        touchServices(of: check, &delta)
        endSessions(dependingOn: check, &delta)
    }
}

// MARK: - Addresses

extension Catalog {
    typealias OwnerCounts = WritableKeyPath<AddressOwners, [String: Int]>

    /// Counts `owner` as one that has the addresses of `groups`, each beside the others of its
    /// group.
    mutating func own(
        _ groups: [[IPAddress]],
        by kind: OwnerCounts,
        _ owner: String,
        _ delta: inout CatalogDelta
    ) {
        count(groups, by: kind, owner, 1, &delta)
    }

    /// Takes back what `own` counted.
    mutating func disown(
        _ groups: [[IPAddress]],
        by kind: OwnerCounts,
        _ owner: String,
        _ delta: inout CatalogDelta
    ) {
        count(groups, by: kind, owner, -1, &delta)
    }

    private mutating func count(
        _ groups: [[IPAddress]],
        by kind: OwnerCounts,
        _ owner: String,
        _ difference: Int,
        _ delta: inout CatalogDelta
    ) {
        for group in groups {
            for address in group {
                var known = owners.removeValue(forKey: address) ?? AddressOwners()
                var isOther = known[keyPath: kind].count(owner, by: difference)
                for companion in group where companion != address {
                    if known.companions.count(companion, by: difference) { isOther = true }
                }
                if !known.isEmpty { owners[address] = known }
                if isOther { delta.addresses.insert(address) }
            }
        }
    }
}

extension Dictionary where Value == Int {
    /// Adds `difference` to a key's count; true when the key came or went by it.
    fileprivate mutating func count(_ key: Key, by difference: Int) -> Bool {
        let old = self[key] ?? 0
        let new = old + difference
        self[key] = new > 0 ? new : nil
        return (old > 0) != (new > 0)
    }
}

extension CatalogDelta {
    /// Records `event` and all that it touches by itself.
    mutating func note(_ event: CatalogEvent) {
        events.append(event)
        switch event {
        case .node(let old, let new):
            changesNodeList = true
            for node in [old, new] { if let node { nodes.insert(node.name) } }
        case .instance(let old, let new):
            changesServiceList = true
            for instance in [old, new] {
                guard let instance else { continue }
                services.insert(instance.service)
                nodes.insert(instance.node)
            }
        case .check(let old, let new):
            changesChecks = true
            for check in [old, new] {
                guard let check else { continue }
                nodes.insert(check.node)
                if !check.serviceName.isEmpty { services.insert(check.serviceName) }
            }
        case .keyValue: break
        case .session: changesSessions = true
        case .preparedQuery: changesPreparedQueries = true
        case .accessPolicy: changesAccessPolicies = true
        case .accessToken: changesAccessTokens = true
        }
    }
}

extension Array where Element: Comparable {
    /// Where `element` stands, or would have to be put, in an array in order.
    fileprivate func firstIndexNotBelow(_ element: Element) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
