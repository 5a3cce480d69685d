internal import ServiceCatalog

/// Writes of the catalog, on any node: `catalog/register` and `catalog/deregister`.
extension ConsulAPI {
    /// The body of an answer that says it is done.
    private func done(_ request: ConsulRequest) -> ConsulReply {
        .json(for: request) { $0.bool(true) }
    }

    /// `PUT catalog/register`.
    ///
    /// Unlike Consul's, it is applied whole or not at all.
    func registerInCatalog(_ request: ConsulRequest) throws -> PlannedWrite {
        let body = try request.decode { bytes throws(JSONReadError) in
            try CatalogRegistrationBody(body: bytes)
        }
        return try planned(
            .register(try registration(of: body)),
            for: request,
            reply: .json(for: request) { $0.bool(true) }
        )
    }

    private func registration(of body: CatalogRegistrationBody) throws -> Registration {
        try checkDatacenter(body.datacenter)
        guard !body.node.isEmpty else { throw APIError(.serverFault, "Must provide node") }
        try definitions.rules.checkName(body.node, field: "Node")
        var registration = Registration(node: try node(of: body))
        if let service = body.service {
            registration.instance = try catalogInstance(of: service, on: body.node)
        }
        guard body.checks.count <= context.limits.checksPerRegistrationMax else {
            throw APIError(
                .badRequest,
                "Checks must not be more than \(context.limits.checksPerRegistrationMax)",
                limit: "limits.checks_per_registration_max"
            )
        }
        for check in body.checks {
            let check = try reportedCheck(of: check, on: body.node)
            registration.checks.append(RegisteredCheck(check, keepsStatus: false))
        }
        return registration
    }

    /// The node to write; nil when it is to stay as it is.
    func node(of body: CatalogRegistrationBody) throws -> Node? {
        guard body.address.isEmpty || HostKind(body.address) != .unspecified else {
            throw APIError(.serverFault, "Invalid node address \"\(body.address)\"")
        }
        guard !body.address.isEmpty || body.skipsNodeUpdate else {
            throw APIError(.serverFault, "Must provide address if SkipNodeUpdate is not set")
        }
        // What this server says of itself is not for others to change.
        if isLocalNode(body.node) { return nil }
        if body.skipsNodeUpdate, context.keeper.read({ $0.node(body.node) != nil }) { return nil }
        guard body.id.isEmpty || UUIDText.isUUID(body.id) else {
            throw APIError(.serverFault, "Invalid node ID \"\(body.id)\": it must be a UUID")
        }
        try rules.checkHost(body.address, field: "Address")
        try checkPairs(body.nodeMeta, field: "NodeMeta")
        try checkPairs(body.taggedAddresses, field: "TaggedAddresses")
        for (role, address) in body.taggedAddresses.sorted(by: { $0.key < $1.key }) {
            try rules.checkHost(address, field: "TaggedAddresses.\(role)")
        }
        return Node(
            id: body.id,
            name: body.node,
            address: body.address,
            datacenter: context.identity.datacenter,
            taggedAddresses: body.taggedAddresses,
            meta: body.nodeMeta
        )
    }

    /// Only sizes: Consul takes any characters for a node that has no agent.
    private func checkPairs(_ pairs: [String: String], field: String) throws {
        guard pairs.count <= context.limits.metaPairsMax else {
            throw FieldError(
                field,
                "must not have more than \(context.limits.metaPairsMax) pairs",
                limit: "limits.meta_pairs_max"
            )
        }
        for (key, value) in pairs.sorted(by: { $0.key < $1.key }) {
            try rules.checkText(
                key,
                field: field,
                bytesMax: context.limits.metaKeyBytesMax,
                limit: "limits.meta_key_bytes_max"
            )
            try rules.checkText(
                value,
                field: "\(field).\(key)",
                bytesMax: context.limits.metaValueBytesMax,
                limit: "limits.meta_value_bytes_max"
            )
        }
    }

    func catalogInstance(of body: ServiceBody, on node: String) throws -> ServiceInstance {
        guard !body.name.isEmpty else {
            throw APIError(.serverFault, "Must provide service name (Service.Service)")
        }
        guard HostKind(body.address) != .unspecified else {
            throw APIError(.serverFault, "Invalid service address")
        }
        if isLocalNode(node), (body.id.isEmpty ? body.name : body.id) == Self.ownServiceID {
            throw APIError(.badRequest, "Invalid service ID: \"consul\" is this server itself")
        }
        var instance = try definitions.instance(of: body, on: node)
        // Consul takes 1 for weights that cannot be.
        if let weights = body.weights, (try? rules.checkWeights(weights, field: "Weights")) != nil {
            instance.weights = weights
        }
        return instance
    }

    func reportedCheck(of body: ReportedCheckBody, on node: String) throws -> HealthCheck {
        guard body.node.isEmpty || Catalog.fold(body.node) == Catalog.fold(node) else {
            throw APIError(
                .badRequest,
                "Check.Node must be \"\(node)\", the node of the request, not \"\(body.node)\""
            )
        }
        let id = body.id.isEmpty ? body.name : body.id
        try rules.checkID(id, field: "Check.CheckID")
        guard !isLocalNode(node) || id != Self.aliveCheckID else {
            throw APIError(.badRequest, "Invalid check ID: \"serfHealth\" is this server's own")
        }
        try rules.checkText(body.name, field: "Check.Name")
        var check = HealthCheck(
            node: node,
            id: id,
            name: body.name,
            status: try definitions.status(body.status),
            notes: body.notes.cut(toBytes: context.limits.textBytesMax),
            output: body.output.cut(toBytes: context.limits.textBytesMax),
            serviceID: body.serviceID
        )
        try rules.checkText(body.type, field: "Check.Type")
        if !body.type.isEmpty { check.reportedType = body.type }
        if let definition = body.definition {
            let bytesMax = context.limits.textBytesMax
            try rules.checkText(definition, field: "Check.Definition", bytesMax: bytesMax)
            check.reportedDefinition = definition
        }
        return check
    }

    /// `PUT catalog/deregister`; what is not there counts as removed.
    func deregisterFromCatalog(_ request: ConsulRequest) async throws -> ConsulReply {
        let body = try request.decode { bytes throws(JSONReadError) in
            try CatalogDeregistrationBody(body: bytes)
        }
        try checkDatacenter(body.datacenter)
        guard !body.node.isEmpty else { throw APIError(.serverFault, "Must provide node") }
        let change: CatalogChange
        var isOwn = isLocalNode(body.node)
        if !body.serviceID.isEmpty {
            change = .deregisterInstance(
                InstanceKey(node: body.node, id: body.serviceID),
                onlyIf: nil
            )
            isOwn = isOwn && body.serviceID == Self.ownServiceID
        } else if !body.checkID.isEmpty {
            change = .deregisterCheck(CheckKey(node: body.node, id: body.checkID))
            isOwn = isOwn && body.checkID == Self.aliveCheckID
        } else {
            change = .deregisterNode(body.node)
        }
        guard !isOwn else {
            throw APIError(.badRequest, "This server cannot be removed from its own catalog")
        }
        // Who may write the node may remove what is on it.
        if !request.authorizer.allows(.nodeWrite(body.node)) {
            try context.require(change, of: request.authorizer)
        }
        do {
            try await context.log.append(change)
        } catch .rejected {
            // It is not there, which is what was asked for.
        } catch {
            throw APIError(.unavailable, error.description)
        }
        return done(request)
    }

    private func checkDatacenter(_ name: String) throws(APIError) {
        guard isOwnDatacenter(name) else {
            throw APIError(.serverFault, "No path to datacenter")
        }
    }
}
