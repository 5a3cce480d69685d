extension Catalog {
    /// What a token needs to have for `change`: every one of them.
    ///
    /// What is not there takes nothing: that it is not there is the answer then. Changes that
    /// endpoints ask about themselves take management here, so that none is open by oversight.
    package func permissions(for change: CatalogChange) -> [Permission] {
        switch change {
        case .register(let registration): return permissions(for: registration)
        case .deregisterNode(let name): return [.nodeWrite(name)]
        case .deregisterInstance(let key, onlyIf: _), .drain(let key):
            return instance(key).map { [.serviceWrite($0.service)] } ?? []
        case .deregisterCheck(let key), .checkStatus(let key, _, output: _):
            return check(key).map { [permission(for: $0)] } ?? []
        default: return [.accessWrite]
        }
    }

    private func permissions(for registration: Registration) -> [Permission] {
        var permissions: [Permission] = []
        if let node = registration.node, changes(node) {
            permissions.append(.nodeWrite(node.name))
        }
        if let instance = registration.instance {
            permissions.append(.serviceWrite(instance.service))
            // An instance that takes another's id replaces it.
            if let old = self.instance(instance.key), old.service != instance.service {
                permissions.append(.serviceWrite(old.service))
            }
        }
        for check in registration.checks.map(\.check) {
            var check = check
            if let instance = registration.instance, instance.id == check.serviceID {
                check.serviceName = instance.service
            } else {
                let owner = InstanceKey(node: check.node, id: check.serviceID)
                check.serviceName = instance(owner)?.service ?? ""
            }
            permissions.append(permission(for: check))
            if let old = self.check(check.key) { permissions.append(permission(for: old)) }
        }
        return permissions
    }

    /// The check of an instance is its service's, any other the node's.
    private func permission(for check: HealthCheck) -> Permission {
        check.serviceName.isEmpty ? .nodeWrite(check.node) : .serviceWrite(check.serviceName)
    }

    /// True when the node is new, or would be another than before.
    private func changes(_ new: Node) -> Bool {
        guard let old = node(new.name) else { return true }
        var node = new
        node.name = old.name
        if node.id.isEmpty { node.id = old.id }
        return !node.hasSameContent(as: old)
    }
}
