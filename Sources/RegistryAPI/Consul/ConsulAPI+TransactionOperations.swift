internal import ServiceCatalog

/// What the operations of a transaction mean.
extension ConsulAPI {
    func operation(of part: TransactionBody.Operation) throws -> TransactionOperation {
        switch part {
        case .keyValue(let part): return .keyValue(try keyValueOperation(of: part))
        case .node(let verb, let body):
            let verb = try recordVerb(verb, "node")
            guard !body.node.isEmpty || !body.id.isEmpty else {
                throw APIError(.badRequest, "Must provide node")
            }
            guard verb == .get || !isLocalNode(body.node) else { throw Self.ownRecord }
            var node = Node(
                id: body.id,
                name: body.node,
                address: body.address,
                datacenter: context.identity.datacenter
            )
            if verb == .set || verb == .compareAndSet {
                try definitions.rules.checkName(body.node, field: "Node")
                if let checked = try self.node(of: body) { node = checked }
            }
            node.modifyIndex = body.modifyIndex
            return .node(verb, node)
        case .service(let verb, let node, let body):
            return try serviceOperation(try recordVerb(verb, "service"), node, body)
        case .check(let verb, let body):
            return try checkOperation(try recordVerb(verb, "check"), body)
        case .session(let verb, let id):
            guard verb == "delete" || verb == "destroy" else {
                throw APIError(.badRequest, "unknown session verb \"\(verb)\"")
            }
            return .endSession(id: id)
        }
    }

    private static var ownRecord: APIError {
        APIError(.badRequest, "What this server says of itself cannot be changed")
    }

    private func recordVerb(
        _ verb: String,
        _ what: String
    ) throws(APIError) -> TransactionOperation.RecordVerb {
        switch verb {
        case "get": .get
        case "set": .set
        case "cas": .compareAndSet
        case "delete": .delete
        case "delete-cas": .compareAndDelete
        default: throw APIError(.badRequest, "unknown \(what) verb \"\(verb)\"")
        }
    }

    private func serviceOperation(
        _ verb: TransactionOperation.RecordVerb,
        _ node: String,
        _ body: ServiceBody
    ) throws -> TransactionOperation {
        guard !node.isEmpty else { throw APIError(.badRequest, "Must provide node") }
        let id = body.id.isEmpty ? body.name : body.id
        guard verb == .get || !isLocalNode(node) || id != Self.ownServiceID else {
            throw Self.ownRecord
        }
        var instance = ServiceInstance(node: node, id: id, service: body.name)
        if verb == .set || verb == .compareAndSet {
            instance = try catalogInstance(of: body, on: node)
        }
        instance.modifyIndex = body.modifyIndex
        return .service(verb, instance)
    }

    private func checkOperation(
        _ verb: TransactionOperation.RecordVerb,
        _ body: ReportedCheckBody
    ) throws -> TransactionOperation {
        guard !body.node.isEmpty else { throw APIError(.badRequest, "Must provide node") }
        let id = body.id.isEmpty ? body.name : body.id
        guard verb == .get || !isLocalNode(body.node) || id != Self.aliveCheckID else {
            throw Self.ownRecord
        }
        var check = HealthCheck(
            node: body.node,
            id: id,
            name: body.name,
            serviceID: body.serviceID
        )
        if verb == .set || verb == .compareAndSet {
            check = try reportedCheck(of: body, on: body.node)
        }
        check.modifyIndex = body.modifyIndex
        return .check(verb, check)
    }

    private func keyValueOperation(
        of part: TransactionBody.KeyValue
    ) throws(APIError) -> TransactionOperation.KeyValueOperation {
        guard !part.key.isEmpty || ["get-tree", "delete-tree"].contains(part.verb) else {
            throw APIError(.badRequest, "Must provide key")
        }
        let write = KeyValueWrite(key: part.key, value: part.value.bytes, flags: part.flags)
        switch part.verb {
        case "set": return .change(.set(write))
        case "cas": return .change(.compareAndSet(write, index: part.index))
        case "lock": return .change(.acquire(write, session: part.session))
        case "unlock": return .change(.release(write, session: part.session))
        case "delete": return .change(.delete(key: part.key))
        case "delete-cas": return .change(.compareAndDelete(key: part.key, index: part.index))
        case "delete-tree": return .change(.deleteTree(prefix: part.key))
        case "get": return .get(key: part.key)
        case "get-tree": return .getTree(prefix: part.key)
        case "get-or-empty": return .getOrEmpty(key: part.key)
        case "check-index": return .checkIndex(key: part.key, index: part.index)
        case "check-session": return .checkSession(key: part.key, session: part.session)
        case "check-not-exists": return .checkNotExists(key: part.key)
        default: throw APIError(.badRequest, "unknown KV verb \"\(part.verb)\"")
        }
    }
}
