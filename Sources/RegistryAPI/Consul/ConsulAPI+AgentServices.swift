internal import HTTPTypes
internal import ServiceCatalog
internal import ServiceLifecycle

/// Services of the local node: `agent/services` and `agent/service/…`.
extension ConsulAPI {
    /// `GET agent/services`.
    func agentServices(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let instances = context.keeper.read { $0.instances(onNode: localNode) }
            .filter { $0.id != Self.ownServiceID }
        return .json(for: request, capacity: 512 * (instances.count + 1)) { writer in
            writer.beginObject()
            for instance in instances {
                writer.key(instance.id)
                writer.agentService(instance, datacenter: context.identity.datacenter)
            }
            writer.endObject()
        }
    }

    /// `GET agent/service/:id`; with `hash` it waits until the instance is no longer as it was.
    func agentService(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let id = try request.requiredName("service ID")
        let blocking = try BlockingQuery(request.query)
        let known = request.query.first("hash") ?? ""
        let deadline = ContinuousClock.now + blocking.wait
        while true {
            let (found, index) = context.keeper.read { catalog in
                (catalog.instance(localKey(id)), catalog.nodeIndex(localNode))
            }
            guard let instance = found, id != Self.ownServiceID else {
                throw APIError(.notFound, "unknown service ID: \(id)")
            }
            let hash = contentHash(of: instance)
            let isNews = hash != known || ContinuousClock.now >= deadline || request.client.hasGone
            if isNews || Task.isCancelled || Task.isShuttingDownGracefully {
                var reply = ConsulReply.json(for: request) { writer in
                    writer.agentService(
                        instance,
                        datacenter: context.identity.datacenter,
                        contentHash: hash
                    )
                }
                reply.headers[ConsulHeader.contentHash] = hash
                return reply
            }
            await BlockingQuery.wait(
                for: .node(localNode),
                above: index,
                until: deadline,
                context.keeper,
                request.client
            )
        }
    }

    /// A fingerprint of what `agent/service/:id` shows (FNV-1a), the same in every process.
    private func contentHash(of instance: ServiceInstance) -> String {
        var writer = JSONWriter()
        writer.agentService(instance, datacenter: context.identity.datacenter)
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in writer.bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// `PUT agent/service/register`.
    func registerService(_ request: ConsulRequest) async throws -> ConsulReply {
        let replacesChecks = try request.query.flag("replace-existing-checks")
        let body = try request.decode { bytes throws(JSONReadError) in
            try ServiceBody(body: bytes)
        }
        let registration = try registration(of: body, replacesChecks: replacesChecks)
        try await append(.register(registration))
        return .empty
    }

    private func registration(of body: ServiceBody, replacesChecks: Bool) throws -> Registration {
        guard !body.name.isEmpty else { throw APIError(.badRequest, "Missing service name") }
        guard (body.id.isEmpty ? body.name : body.id) != Self.ownServiceID else {
            throw APIError(.badRequest, "Invalid service ID: \"consul\" is this server itself")
        }
        let weights = body.weights ?? ServiceWeights()
        guard weights.passing > 0 else {
            throw APIError(.badRequest, "Invalid Weights: Passing must be greater than 0")
        }
        try rules.checkWeights(weights, field: "Weights")
        var instance = try instance(of: body, on: localNode)
        instance.weights = weights
        addTaggedAddresses(to: &instance)
        guard body.checks.count <= context.limits.checksPerRegistrationMax else {
            throw APIError(
                .badRequest,
                "Checks must not be more than \(context.limits.checksPerRegistrationMax)"
            )
        }
        var checks: [RegisteredCheck] = []
        for (position, checkBody) in body.checks.enumerated() {
            let number = body.checks.count > 1 ? ":\(position + 1)" : ""
            let check = try check(
                of: checkBody,
                defaultID: "service:\(instance.id)\(number)",
                defaultName: "Service '\(instance.service)' check",
                serviceID: instance.id
            )
            checks.append(RegisteredCheck(check, keepsStatus: true))
        }
        return Registration(instance: instance, checks: checks, replacesChecks: replacesChecks)
    }

    /// `PUT agent/service/deregister/:id`.
    func deregisterService(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        guard !request.name.isEmpty else { throw APIError(.serverFault, "ServiceID missing") }
        let id = request.name
        let unknown = APIError(
            .notFound,
            "Unknown service ID \"\(id)\". This must be the ID of a service, not its name."
        )
        guard id != Self.ownServiceID else { throw unknown }
        try await append(.deregisterInstance(localKey(id), onlyIf: nil)) { rejection in
            if case .unknownInstance = rejection { unknown } else { nil }
        }
        return .empty
    }

    func localKey(_ id: String) -> InstanceKey { InstanceKey(node: localNode, id: id) }
}

// MARK: - What a body means

extension ConsulAPI {
    /// The instance that `body` describes, its weights left at 1, its name checked by the caller.
    func instance(of body: ServiceBody, on node: String) throws -> ServiceInstance {
        let id = body.id.isEmpty ? body.name : body.id
        try checkDNSName(body.name, field: "service name")
        try rules.checkID(id, field: "service ID")
        try rules.checkTags(body.tags, field: "Tags")
        try rules.checkPort(body.port, field: "Port")
        try rules.checkText(body.kind, field: "Kind")
        try rules.checkMeta(body.meta, field: "Meta")
        if !body.address.isEmpty { try rules.checkHost(body.address, field: "Address") }
        guard body.taggedAddresses.count <= context.limits.metaPairsMax else {
            throw APIError(
                .badRequest,
                "TaggedAddresses must not be more than \(context.limits.metaPairsMax)"
            )
        }
        for (role, address) in body.taggedAddresses.sorted(by: { $0.key < $1.key }) {
            let field = "TaggedAddresses.\(role)"
            try rules.checkText(role, field: field, bytesMax: context.limits.metaKeyBytesMax)
            try rules.checkHost(address.address, field: "\(field).Address")
            try rules.checkPort(address.port, field: "\(field).Port")
        }
        return ServiceInstance(
            node: node,
            id: id,
            service: body.name,
            tags: body.tags,
            address: body.address,
            port: body.port,
            meta: body.meta,
            taggedAddresses: body.taggedAddresses,
            enableTagOverride: body.enableTagOverride,
            kind: body.kind
        )
    }

    /// Refuses a name that could never be asked for over DNS, or that would need quoting there.
    ///
    /// Dots are allowed: each part becomes a label.
    func checkDNSName(_ name: String, field: String) throws {
        try rules.checkName(name, field: field)
        if name.contains(where: \.isWhitespace) {
            throw FieldError(field, "must not have spaces, but \"\(name)\" has one")
        }
        for label in name.split(separator: ".", omittingEmptySubsequences: false) {
            guard (1...63).contains(label.utf8.count) else {
                throw FieldError(
                    field,
                    "must consist of labels of 1 to 63 bytes, one has \(label.utf8.count)"
                )
            }
        }
    }

    /// Adds the addresses by role that an agent adds for an instance with an IP address.
    private func addTaggedAddresses(to instance: inout ServiceInstance) {
        let roles: [String]
        switch HostKind(instance.address) {
        case .ipv4: roles = ["lan_ipv4", "wan_ipv4"]
        case .ipv6: roles = ["lan_ipv6", "wan_ipv6"]
        case .name, .unspecified: return
        }
        for role in roles where instance.taggedAddresses[role] == nil {
            instance.taggedAddresses[role] = ServiceAddress(
                address: instance.address,
                port: instance.port
            )
        }
    }
}
