internal import ServiceCatalog

/// An instance as the native API shows it.
struct InstanceView: Encodable, Hashable, Sendable {
    struct Weights: Encodable, Hashable, Sendable {
        var passing: Int
        var warning: Int
    }

    struct Lease: Encodable, Hashable, Sendable {
        var id: String
        var ttl: String
    }

    struct Check: Encodable, Hashable, Sendable {
        var id: String
        var name: String
        var type: String
        /// `instance`, or `node` for a check that decides about all instances on the node.
        var scope: String
        var status: String
        var output: String
    }

    var id: String
    var service: String
    var node: String
    var host: String
    var port: Int
    /// `UP`, `WARN` or `DOWN`.
    var health: String
    var tags: [String]
    var metadata: [String: String]
    var weights: Weights
    var draining: Bool
    /// Null for an instance that stays until it is deregistered.
    var lease: Lease?
    var checks: [Check]

    var key: InstanceKey { InstanceKey(node: node, id: id) }

    init(_ instance: ServiceInstance, in catalog: borrowing Catalog) {
        let health = catalog.health(instance.key)
        self.id = instance.id
        self.service = instance.service
        self.node = instance.node
        self.host =
            instance.address.isEmpty
            ? catalog.node(instance.node)?.address ?? "" : instance.address
        self.port = instance.port
        self.health = health.word
        self.tags = instance.tags
        self.metadata = instance.meta
        self.weights = Weights(
            passing: instance.weights.passing,
            warning: instance.weights.warning
        )
        self.draining = instance.isDraining
        self.lease = instance.lease.map {
            Lease(id: $0.id, ttl: GoDuration.format(milliseconds: $0.ttlMilliseconds))
        }
        self.checks = catalog.decidingChecks(instance.key).map { check in
            Check(
                id: check.id,
                name: check.name,
                type: check.definition?.typeName ?? "",
                scope: check.serviceID.isEmpty ? "node" : "instance",
                status: check.status.rawValue,
                output: check.output
            )
        }
    }
}
