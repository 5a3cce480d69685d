internal import ServiceCatalog

extension AuditEntry {
    /// What a change is about: names and ids, never values.
    static func subjects(of change: CatalogChange) -> [Subject] {
        switch change {
        case .register(let registration): subjects(of: registration)
        case .deregisterNode(let node): [nodeSubject(node)]
        case .deregisterInstance(let key, _), .drain(let key): [instance(key)]
        case .deregisterCheck(let key): [check(key)]
        case .checkStatus(let key, let status, _):
            [check(key) + [Pair(name: "status", value: status.rawValue)]]
        case .keyValue(let change): [keyValue(change)]
        case .createSession(let session): [one("session", session.id)]
        case .endSession(let id, _): [one("session", id)]
        case .transaction(let operations):
            operations.filter { !$0.isRead }.map(subject)
        case .replaceAll: [one("catalog", "all")]
        case .setPreparedQuery(let query):
            [one("prepared_query", query.id) + [Pair(name: "name", value: query.name)]]
        case .deletePreparedQuery(let id): [one("prepared_query", id)]
        case .setAccessPolicy(let policy):
            [one("acl_policy", policy.id) + [Pair(name: "name", value: policy.name)]]
        case .deleteAccessPolicy(let id): [one("acl_policy", id)]
        case .setAccessToken(let token): [one("acl_token", token.accessorID)]
        case .deleteAccessToken(let accessorID): [one("acl_token", accessorID)]
        }
    }

    private static func subjects(of registration: Registration) -> [Subject] {
        if let instance = registration.instance {
            return [
                [
                    Pair(name: "service", value: instance.service),
                    Pair(name: "instance", value: instance.id),
                    Pair(name: "node", value: instance.node),
                ]
            ]
        }
        let checks = registration.checks.map { check($0.check.key) }
        return (registration.node.map { [nodeSubject($0.name)] } ?? []) + checks
    }

    private static func subject(of operation: TransactionOperation) -> Subject {
        switch operation {
        case .keyValue(.change(let change)): keyValue(change)
        case .keyValue: []
        case .node(_, let node): nodeSubject(node.name)
        case .service(_, let instance): self.instance(instance.key)
        case .check(_, let check): self.check(check.key)
        case .endSession(let id): one("session", id)
        }
    }

    private static func keyValue(_ change: KeyValueChange) -> Subject {
        if case .deleteTree(let prefix) = change { return one("key_prefix", prefix) }
        return one("key", change.key)
    }

    private static func one(_ name: String, _ value: String) -> Subject {
        [Pair(name: name, value: value)]
    }

    private static func nodeSubject(_ name: String) -> Subject { one("node", name) }

    private static func instance(_ key: InstanceKey) -> Subject {
        [Pair(name: "instance", value: key.id), Pair(name: "node", value: key.node)]
    }

    private static func check(_ key: CheckKey) -> Subject {
        [Pair(name: "check", value: key.id), Pair(name: "node", value: key.node)]
    }
}
