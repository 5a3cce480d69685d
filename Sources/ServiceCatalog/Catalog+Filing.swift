internal import DNSWire

// Where things stand in the catalog, whoever put them there: changes, a store, or the taking back
// of a transaction. Nothing here moves an index or tells anybody.

// MARK: - Nodes

extension Catalog {
    mutating func file(_ node: Node, at index: CatalogIndex) -> [IPAddress] {
        let key = Self.fold(node.name)
        nodeRecords.set(key, NodeRecord(node: node, modifyIndex: index))
        if !node.id.isEmpty { nodesByID.set(Self.fold(node.id), key) }
        return owners.own(node.ipAddresses, key, .node)
    }

    /// Removes a node with nothing on it.
    mutating func unfile(_ node: Node) -> [IPAddress] {
        let key = Self.fold(node.name)
        if !node.id.isEmpty { nodesByID.remove(Self.fold(node.id)) }
        nodeRecords.remove(key)
        return owners.disown(node.ipAddresses, key, .node)
    }

    /// Puts `node` in the place of the one with its name.
    mutating func replace(_ old: Node, by node: Node) -> [IPAddress] {
        let key = Self.fold(node.name)
        nodeRecords.update(key) { $0.node = node }
        if !old.id.isEmpty, old.id != node.id { nodesByID.remove(Self.fold(old.id)) }
        if !node.id.isEmpty { nodesByID.set(Self.fold(node.id), key) }
        guard old.ipAddresses != node.ipAddresses else { return [] }
        return owners.disown(old.ipAddresses, key, .node)
            + owners.own(node.ipAddresses, key, .node)
    }
}

// MARK: - Instances

extension Catalog {
    /// Files a new instance; a service without a record gets one as of `index`.
    mutating func file(
        _ instance: ServiceInstance,
        at index: CatalogIndex,
        serviceName: String? = nil
    ) -> [IPAddress] {
        let key = Self.filed(instance.key)
        let service = Self.fold(instance.service)
        let health = nodeRecords.update(key.node) { record in
            record.instances.set(key.id, instance)
            return record.health(ofInstance: key.id)
        }
        instanceCount += 1
        let member = ServiceRecord.Member(instance: instance, health: health ?? .passing)
        if serviceRecords.update(service, { $0.insert(member, key) }) == nil {
            serviceRecords.set(
                service,
                ServiceRecord(
                    name: serviceName ?? instance.service,
                    members: [member],
                    modifyIndex: index
                )
            )
        }
        return own(instance, service)
    }

    /// Removes an instance, and its service's record with the last one.
    mutating func unfile(
        _ instance: ServiceInstance,
        _ vanished: inout VanishedRecords?
    ) -> [IPAddress] {
        let key = Self.filed(instance.key)
        let service = Self.fold(instance.service)
        nodeRecords.update(key.node) { $0.instances.remove(key.id) }
        instanceCount -= 1
        let isLast = serviceRecords.update(service) { record in
            record.remove(key)
            return record.members.isEmpty
        }
        if isLast == true, let record = serviceRecords.remove(service), vanished != nil,
            vanished?.services[service] == nil
        {
            vanished?.services[service] = (record.name, record.modifyIndex)
        }
        return disown(instance, service)
    }

    /// Puts `instance` in the place of the one with its key, of the same service.
    mutating func replace(_ old: ServiceInstance, by instance: ServiceInstance) -> [IPAddress] {
        let key = Self.filed(instance.key)
        let service = Self.fold(instance.service)
        nodeRecords.update(key.node) { $0.instances.set(key.id, instance) }
        serviceRecords.update(service) { $0.replace(key, by: instance) }
        guard !instance.hasSameAddresses(as: old) else { return [] }
        return disown(old, service) + own(instance, service)
    }

    private mutating func own(_ instance: ServiceInstance, _ service: String) -> [IPAddress] {
        instance.ownAddresses.flatMap { owners.own($0, service, .service) }
    }

    private mutating func disown(_ instance: ServiceInstance, _ service: String) -> [IPAddress] {
        instance.ownAddresses.flatMap { owners.disown($0, service, .service) }
    }

    static func filed(_ key: InstanceKey) -> InstanceKey {
        InstanceKey(node: fold(key.node), id: key.id)
    }
}

extension Catalog.ServiceRecord {
    fileprivate mutating func insert(_ member: Member, _ key: InstanceKey) {
        members.insert(member, at: position(of: key))
    }

    fileprivate mutating func remove(_ key: InstanceKey) {
        if let position = firstIndex(of: key) { members.remove(at: position) }
    }

    fileprivate mutating func replace(_ key: InstanceKey, by instance: ServiceInstance) {
        if let position = firstIndex(of: key) { members[position].instance = instance }
    }

    fileprivate mutating func setHealth(_ health: HealthStatus, _ key: InstanceKey) {
        if let position = firstIndex(of: key) { members[position].health = health }
    }
}

// MARK: - Checks

extension Catalog {
    mutating func file(_ check: HealthCheck) {
        let node = Self.fold(check.node)
        nodeRecords.update(node) { $0.file(check) }
        checkCount += 1
        checkCounts[check.status, default: 0] += 1
        settleHealth(ofInstance: check.serviceID, onNode: node)
    }

    mutating func unfile(_ check: HealthCheck) {
        let node = Self.fold(check.node)
        nodeRecords.update(node) { $0.unfile(check) }
        checkCount -= 1
        checkCounts[check.status, default: 0] -= 1
        settleHealth(ofInstance: check.serviceID, onNode: node)
    }

    /// Puts `check` in the place of the one with its key, of the same instance.
    mutating func replace(_ old: HealthCheck, by check: HealthCheck) {
        let node = Self.fold(check.node)
        nodeRecords.update(node) { $0.checks.set(check.id, check) }
        guard old.status != check.status else { return }
        checkCounts[old.status, default: 0] -= 1
        checkCounts[check.status, default: 0] += 1
        settleHealth(ofInstance: check.serviceID, onNode: node)
    }

    /// Brings the health that is kept beside an instance, or of a node, up to date with its checks.
    private mutating func settleHealth(ofInstance id: String, onNode node: String) {
        let found = nodeRecords.update(node) { record in
            let health = record.health(ofInstance: id)
            if id.isEmpty { record.health = health }
            return (health: health, service: record.instances[id]?.service)
        }
        guard let found, let service = found.service else { return }
        serviceRecords.update(Self.fold(service)) {
            $0.setHealth(found.health, InstanceKey(node: node, id: id))
        }
    }
}

extension Catalog.NodeRecord {
    fileprivate mutating func file(_ check: HealthCheck) {
        checks.set(check.id, check)
        let isKnown: Void? = checkIDs.update(check.serviceID) { ids in
            ids.insert(check.id, at: ids.firstIndex(whereAllFollowing: { $0 >= check.id }))
        }
        if isKnown == nil { checkIDs.set(check.serviceID, [check.id]) }
    }

    fileprivate mutating func unfile(_ check: HealthCheck) {
        checks.remove(check.id)
        let isLast = checkIDs.update(check.serviceID) { ids in
            ids.removeAll { $0 == check.id }
            return ids.isEmpty
        }
        if isLast == true { checkIDs.remove(check.serviceID) }
    }
}
