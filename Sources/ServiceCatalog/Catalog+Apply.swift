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
            guard let check = check(key) else { throw .unknownCheck(key) }
            writeCheck(check.reporting(status, output: output), &delta)
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

    /// Applies changes in order, each at the index that `index` gives for its position.
    ///
    /// - Returns: for each change what came of it or why it was refused; and all that they did, nil
    ///   when they did nothing.
    package mutating func apply(
        _ changes: [CatalogChange],
        at index: (Int) -> CatalogIndex
    ) -> ([Result<CatalogWrite, CatalogRejection>], CatalogDelta?) {
        var results: [Result<CatalogWrite, CatalogRejection>] = []
        results.reserveCapacity(changes.count)
        var merged: CatalogDelta?
        for (position, change) in changes.enumerated() {
            do throws(CatalogRejection) {
                let delta = try apply(change, at: index(position))
                results.append(
                    .success(CatalogWrite(index: self.index, results: delta.results))
                )
                guard !delta.isEmpty else { continue }
                if merged == nil { merged = consume delta } else { merged?.merge(delta) }
            } catch {
                results.append(.failure(error))
            }
        }
        return (results, merged)
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
            let isThere: Void? = serviceRecords.update(Self.fold(service)) {
                $0.modifyIndex = delta.index
            }
            if isThere == nil { extinctionIndex = delta.index }
        }
        for node in delta.nodes {
            nodeRecords.update(Self.fold(node)) { $0.modifyIndex = delta.index }
        }
    }
}

// MARK: - Registration

extension Catalog {
    mutating func register(
        _ registration: Registration,
        _ delta: inout CatalogDelta
    ) throws(CatalogRejection) {
        let standing = try admit(registration)
        if let node = registration.node { writeNode(node, &delta) }
        if let instance = registration.instance {
            if let old = standing, Self.fold(old.service) != Self.fold(instance.service) {
                removeInstance(old, &delta)
            }
            writeInstance(instance, &delta)
            if registration.replacesChecks {
                for check in checks(ofInstance: instance.key)
                where !registration.checks.contains(where: { $0.check.id == check.id }) {
                    removeCheck(check, &delta)
                }
            }
        }
        for registered in registration.checks {
            var check = registered.check
            if let old = self.check(check.key) {
                if registered.keepsStatus {
                    check = check.reporting(old.status, output: old.output)
                }
                if old.serviceID != check.serviceID { removeCheck(old, &delta) }
            }
            writeCheck(check, &delta)
        }
    }

    /// Refuses what could not be written whole.
    ///
    /// - Returns: the instance that has the new one's key now.
    private func admit(
        _ registration: Registration
    ) throws(CatalogRejection) -> ServiceInstance? {
        var standing: ServiceInstance?
        let newNode = registration.node.map { Self.fold($0.name) }
        func isKnown(_ name: String) -> Bool {
            let key = Self.fold(name)
            return key == newNode || nodeRecords.read(key, { _ in true }) != nil
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
            standing = self.instance(instance.key)
            try admit(instance, inPlaceOf: standing)
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
        return standing
    }

    private func admit(
        _ new: ServiceInstance,
        inPlaceOf old: ServiceInstance?
    ) throws(CatalogRejection) {
        if old == nil, instanceCount >= limits.instancesMax {
            throw .limitReached(what: "instances", limit: limits.instancesMax)
        }
        let isNewHere = old.map { Self.fold($0.service) != Self.fold(new.service) } ?? true
        let peers = instanceCount(ofService: new.service)
        if isNewHere, peers >= limits.instancesPerServiceMax {
            throw .limitReached(
                what: "instances of a service",
                limit: limits.instancesPerServiceMax
            )
        }
    }
}
