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
        // Without a lease there is nothing to look for, and no wait for the catalog's lock.
        let registration =
            request.leaseMilliseconds == nil
            ? self.registration(request, lease: nil)
            : api.keeper.read { self.registration(request, in: $0) }
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
        let lease = request.leaseMilliseconds.map { milliseconds in
            // Who registers again keeps the lease's name.
            Lease(
                id: catalog.instance(request.instance.key)?.lease?.id ?? Self.newLeaseID(),
                ttlMilliseconds: milliseconds
            )
        }
        return registration(request, lease: lease)
    }

    /// The node is this server's own, which is always there: nobody may remove it.
    private func registration(_ request: RegistrationRequest, lease: Lease?) -> Registration {
        var instance = request.instance
        instance.lease = lease
        return Registration(
            instance: instance,
            checks: request.checks.map { RegisteredCheck($0, keepsStatus: true) },
            replacesChecks: true
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
