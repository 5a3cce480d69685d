internal import Hummingbird
internal import ServiceCatalog

extension NativeAPI {
    /// The answer to a registration and to a heartbeat.
    struct Registered: Encodable {
        enum CodingKeys: String, CodingKey {
            case instanceID = "instance_id"
            case leaseID = "lease_id"
            case ttl
        }

        var instanceID: String
        var lease: Lease?

        /// Both fields of the lease are there, null for an instance without one.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(instanceID, forKey: .instanceID)
            try container.encode(lease?.id, forKey: .leaseID)
            try container.encode(
                lease.map { GoDuration.format(milliseconds: $0.ttlMilliseconds) },
                forKey: .ttl
            )
        }
    }

    /// `POST /register`: writes an instance of the local node with its checks, whole or not at all.
    ///
    /// The same call again changes nothing and renews the lease.
    func register(
        _ request: Request,
        _ context: APIRequestContext,
        _ authorizer: Authorizer
    ) async throws -> Response {
        let registration = try RegistrationRequest(await context.json(of: request), api)
        return try JSONReply.response(try await write(registration, as: authorizer))
    }

    /// Writes one registration; returns when it is durable and in answers.
    ///
    /// - Throws: `APIError` when `authorizer` does not allow it; `CatalogLogError`.
    func write(
        _ request: RegistrationRequest,
        as authorizer: Authorizer
    ) async throws -> Registered {
        var instance = request.instance
        let key = instance.key
        let (known, isNodeKnown) = api.keeper.read { catalog in
            (catalog.instance(key), catalog.node(key.node) != nil)
        }
        instance.lease = request.leaseMilliseconds.map { milliseconds in
            // Who registers again keeps the lease's name.
            Lease(id: known?.lease?.id ?? Self.newLeaseID(), ttlMilliseconds: milliseconds)
        }
        let change = CatalogChange.register(
            Registration(
                node: isNodeKnown ? nil : localNode,
                instance: instance,
                checks: request.checks.map { RegisteredCheck($0, keepsStatus: true) },
                replacesChecks: true
            )
        )
        try api.require(change, of: authorizer)
        try await api.log.append(change)
        if instance.lease != nil { _ = api.heartbeats.renewLease(of: key) }
        // Another registration may have come in between: what holds is what the catalog has.
        let lease = api.keeper.read { $0.instance(key)?.lease } ?? instance.lease
        return Registered(instanceID: instance.id, lease: lease)
    }

    private var localNode: Node {
        Node(
            id: api.identity.nodeID,
            name: api.identity.nodeName,
            address: api.identity.address,
            datacenter: api.identity.datacenter
        )
    }

    /// 128 random bits in hexadecimal digits.
    private static func newLeaseID() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = String(UInt128.random(in: 0...UInt128.max, using: &generator), radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}
