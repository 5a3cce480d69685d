internal import ServiceCatalog

extension NativeAPI {
    /// The answer to a registration and to a heartbeat.
    ///
    /// Both fields of the lease are there, null for an instance without one.
    static func registered(_ instanceID: String, _ lease: Lease?) -> WholeReply {
        var writer = JSONWriter(capacity: 128)
        writer.beginObject()
        writer.field("instance_id", instanceID)
        writer.key("lease_id")
        if let lease { writer.string(lease.id) } else { writer.null() }
        writer.key("ttl")
        if let lease {
            writer.string(GoDuration.format(milliseconds: lease.ttlMilliseconds))
        } else {
            writer.null()
        }
        writer.endObject()
        return WholeReply(
            contentType: "application/json",
            body: writer.bytes + [UInt8(ascii: "\n")]
        )
    }

    /// `POST /register`: writes an instance of the local node with its checks, whole or not at all.
    ///
    /// The same call again changes nothing and renews the lease.
    func register(_ body: [UInt8], _ authorizer: Authorizer) throws -> PlannedWrite {
        let request = try RegistrationRequest(JSONParser.parse(body: body), api)
        let registration = api.keeper.read { self.registration(request, in: $0) }
        let change = CatalogChange.register(registration)
        try api.require(change, of: authorizer)
        let (key, lease) = (request.instance.key, registration.instance?.lease)
        return PlannedWrite(changes: [change]) {
            guard let lease else { return Self.registered(key.id, nil) }
            _ = api.heartbeats.renewLease(of: key)
            // Another registration may have come in between: what holds is what the catalog has.
            let known = api.keeper.read { $0.instance(key)?.lease }
            return Self.registered(key.id, known ?? lease)
        }
    }

    /// What a request writes to the catalog as it is.
    func registration(
        _ request: RegistrationRequest,
        in catalog: borrowing Catalog
    ) -> Registration {
        var instance = request.instance
        if let milliseconds = request.leaseMilliseconds {
            // Who registers again keeps the lease's name.
            instance.lease = Lease(
                id: catalog.instance(instance.key)?.lease?.id ?? Self.newLeaseID(),
                ttlMilliseconds: milliseconds
            )
        }
        return Registration(
            node: catalog.node(instance.node) == nil ? localNode : nil,
            instance: instance,
            checks: request.checks.map { RegisteredCheck($0, keepsStatus: true) },
            replacesChecks: true
        )
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
        let halves = [UInt64.random(in: 0...UInt64.max), UInt64.random(in: 0...UInt64.max)]
        let digits = halves.flatMap { half in
            stride(from: 60, through: 0, by: -4).map { shift in
                let digit = UInt8(truncatingIfNeeded: half >> shift & 0xF)
                return digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            }
        }
        return String(decoding: digits, as: UTF8.self)
    }
}
