internal import DNSWire

// Where things stand in the catalog, whoever put them there: changes, a store, or the taking back
// of a transaction. Nothing here moves an index or tells anybody.

// MARK: - Nodes

extension Catalog {
    mutating func file(_ node: Node, at index: CatalogIndex) -> [IPAddress] {
        let key = Self.fold(node.name)
        nodeRecords[key] = NodeRecord(node: node, modifyIndex: index)
        if !node.id.isEmpty { nodesByID[Self.fold(node.id)] = key }
        return owners.own(node.ipAddresses, key, .node)
    }

    /// Removes a node with nothing on it.
    mutating func unfile(_ node: Node) -> [IPAddress] {
        let key = Self.fold(node.name)
        if !node.id.isEmpty { nodesByID[Self.fold(node.id)] = nil }
        nodeRecords[key] = nil
        return owners.disown(node.ipAddresses, key, .node)
    }

    /// Puts `node` in the place of the one with its name.
    mutating func replace(_ old: Node, by node: Node) -> [IPAddress] {
        let key = Self.fold(node.name)
        nodeRecords[key]?.node = node
        if !old.id.isEmpty, old.id != node.id { nodesByID[Self.fold(old.id)] = nil }
        if !node.id.isEmpty { nodesByID[Self.fold(node.id)] = key }
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
        nodeRecords[key.node]?.instances[key.id] = instance
        instanceCount += 1
        if serviceRecords[service] == nil {
            serviceRecords[service] = ServiceRecord(
                name: serviceName ?? instance.service,
                modifyIndex: index
            )
        }
        let member = ServiceRecord.Member(
            instance: instance,
            health: nodeRecords[key.node]?.health(ofInstance: key.id) ?? .passing
        )
        serviceRecords[service]?.insert(member, key)
        return own(instance, service)
    }

    /// Removes an instance, and its service's record with the last one.
    mutating func unfile(
        _ instance: ServiceInstance,
        _ vanished: inout VanishedRecords?
    ) -> [IPAddress] {
        let key = Self.filed(instance.key)
        let service = Self.fold(instance.service)
        nodeRecords[key.node]?.instances[key.id] = nil
        instanceCount -= 1
        serviceRecords[service]?.remove(key)
        if let record = serviceRecords[service], record.members.isEmpty {
            if vanished != nil, vanished?.services[service] == nil {
                vanished?.services[service] = (record.name, record.modifyIndex)
            }
            serviceRecords[service] = nil
        }
        return disown(instance, service)
    }

    /// Puts `instance` in the place of the one with its key, of the same service.
    mutating func replace(_ old: ServiceInstance, by instance: ServiceInstance) -> [IPAddress] {
        let key = Self.filed(instance.key)
        let service = Self.fold(instance.service)
        nodeRecords[key.node]?.instances[key.id] = instance
        serviceRecords[service]?.replace(key, by: instance)
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
        nodeRecords[node]?.checks[check.id] = check
        nodeRecords[node]?.checkIDs[check.serviceID, default: []].insertInOrder(check.id)
        checkCount += 1
        checkCounts[check.status, default: 0] += 1
        settleHealth(ofInstance: check.serviceID, onNode: node)
    }

    mutating func unfile(_ check: HealthCheck) {
        let node = Self.fold(check.node)
        nodeRecords[node]?.checks[check.id] = nil
        nodeRecords[node]?.checkIDs[check.serviceID]?.removeAll { $0 == check.id }
        if nodeRecords[node]?.checkIDs[check.serviceID]?.isEmpty == true {
            nodeRecords[node]?.checkIDs[check.serviceID] = nil
        }
        checkCount -= 1
        checkCounts[check.status, default: 0] -= 1
        settleHealth(ofInstance: check.serviceID, onNode: node)
    }

    /// Puts `check` in the place of the one with its key, of the same instance.
    mutating func replace(_ old: HealthCheck, by check: HealthCheck) {
        let node = Self.fold(check.node)
        nodeRecords[node]?.checks[check.id] = check
        guard old.status != check.status else { return }
        checkCounts[old.status, default: 0] -= 1
        checkCounts[check.status, default: 0] += 1
        settleHealth(ofInstance: check.serviceID, onNode: node)
    }

    /// Brings the health that is kept beside an instance, or of a node, up to date with its checks.
    private mutating func settleHealth(ofInstance id: String, onNode node: String) {
        guard let record = nodeRecords[node] else { return }
        let health = record.health(ofInstance: id)
        if id.isEmpty {
            nodeRecords[node]?.health = health
        } else if let instance = record.instances[id] {
            serviceRecords[Self.fold(instance.service)]?
                .setHealth(health, InstanceKey(node: node, id: id))
        }
    }
}

extension [String] {
    fileprivate mutating func insertInOrder(_ element: String) {
        insert(element, at: firstIndex(whereAllFollowing: { $0 >= element }))
    }
}
