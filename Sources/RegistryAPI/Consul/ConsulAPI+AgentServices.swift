internal import HTTPTypes
internal import ServiceCatalog
internal import ServiceLifecycle

/// Services of the local node: `agent/services` and `agent/service/…`.
extension ConsulAPI {
    /// `GET agent/services`.
    func agentServices(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let filter = try request.filter(.nodeService)
        let (all, isFiltered) = read(request) { $0.instances(onNode: localNode) }
        let others = all.filter { $0.id != Self.ownServiceID }
        let instances = try filter?.kept(others) ?? others
        var reply = ConsulReply.json(for: request, capacity: 512 * (instances.count + 1)) {
            writer in
            writer.beginObject()
            for instance in instances {
                writer.key(instance.id)
                writer.agentService(instance, datacenter: context.identity.datacenter)
            }
            writer.endObject()
        }
        if isFiltered { reply.tellFiltered(for: request) }
        return reply
    }

    /// `GET agent/service/:id`; with `hash` it waits until the instance is no longer as it was.
    func agentService(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let id = try request.requiredName("service ID")
        let blocking = try BlockingQuery(request.query)
        let known = request.query.first("hash") ?? ""
        let deadline = ContinuousClock.now + blocking.jitteredWait
        while true {
            let (found, index) = context.keeper.read { catalog in
                (catalog.instance(localKey(id)), catalog.nodeIndex(localNode))
            }
            guard let instance = found, id != Self.ownServiceID else {
                throw APIError(.notFound, "unknown service ID: \(id)")
            }
            try request.authorizer.require(.serviceRead(instance.service))
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
    func registerService(_ request: ConsulRequest) throws -> PlannedWrite {
        let replacesChecks = try request.query.flag("replace-existing-checks")
        let body = try request.decode { bytes throws(JSONReadError) in
            try ServiceBody(body: bytes)
        }
        let registration = try definitions.registration(
            of: body,
            replacesChecks: replacesChecks
        )
        return try planned(.register(registration), for: request)
    }

    /// `PUT agent/service/deregister/:id`.
    func deregisterService(_ request: ConsulRequest) throws(APIError) -> PlannedWrite {
        guard !request.name.isEmpty else { throw APIError(.serverFault, "ServiceID missing") }
        let id = request.name
        let unknown = APIError(
            .notFound,
            "Unknown service ID \"\(id)\". This must be the ID of a service, not its name."
        )
        guard id != Self.ownServiceID else { throw unknown }
        return try planned(.deregisterInstance(localKey(id), onlyIf: nil), for: request) {
            rejection in
            if case .unknownInstance = rejection { unknown } else { nil }
        }
    }

    func localKey(_ id: String) -> InstanceKey { InstanceKey(node: localNode, id: id) }
}
