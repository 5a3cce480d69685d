/// One registered endpoint of a service on a node.
package struct ServiceInstance: Codable, Hashable, Sendable {
    /// The name of the node it runs on.
    package var node: String
    /// Unique on its node.
    package var id: String
    /// The service's name.
    package var service: String
    package var tags: [String]
    /// An IP address or a host name; empty means the node's address.
    package var address: String
    /// 0 when the service has no port.
    package var port: Int
    package var meta: [String: String]
    package var weights: ServiceWeights
    /// Addresses by role, such as `lan_ipv6`.
    package var taggedAddresses: [String: ServiceAddress]
    /// True when tags may be changed through the catalog API (Consul).
    package var enableTagOverride: Bool
    /// Mesh role of Consul's API, such as `connect-proxy`; empty for a plain service.
    package var kind: String
    /// A Unix socket on the node, which clients there may prefer; nil for none.
    package var socketPath: String?
    package var locality: Locality?
    /// The promise to renew; nil for an instance that stays until it is deregistered.
    package var lease: Lease?
    /// True once it was asked to leave: it is in the catalog, but no longer in answers.
    package var isDraining: Bool
    package var createIndex: CatalogIndex
    package var modifyIndex: CatalogIndex

    package init(
        node: String,
        id: String,
        service: String,
        tags: [String] = [],
        address: String = "",
        port: Int = 0,
        meta: [String: String] = [:],
        weights: ServiceWeights = ServiceWeights(),
        taggedAddresses: [String: ServiceAddress] = [:],
        enableTagOverride: Bool = false,
        kind: String = "",
        lease: Lease? = nil
    ) {
        self.node = node
        self.id = id
        self.service = service
        self.tags = tags
        self.address = address
        self.port = port
        self.meta = meta
        self.weights = weights
        self.taggedAddresses = taggedAddresses
        self.enableTagOverride = enableTagOverride
        self.kind = kind
        self.lease = lease
        self.isDraining = false
        self.createIndex = 0
        self.modifyIndex = 0
    }

    /// Where the catalog files it.
    package var key: InstanceKey { InstanceKey(node: node, id: id) }

    /// True when both say the same, whenever they were written.
    package func hasSameContent(as other: ServiceInstance) -> Bool {
        var other = other
        other.createIndex = createIndex
        other.modifyIndex = modifyIndex
        return self == other
    }
}

/// SRV weights by health state.
package struct ServiceWeights: Codable, Hashable, Sendable {
    package var passing: Int
    package var warning: Int

    package init(passing: Int = 1, warning: Int = 1) {
        self.passing = passing
        self.warning = warning
    }
}

/// An address and port for one role of an instance.
package struct ServiceAddress: Codable, Hashable, Sendable {
    package var address: String
    package var port: Int

    package init(address: String, port: Int) {
        self.address = address
        self.port = port
    }
}

/// The promise to renew: an instance whose lease runs out is removed.
package struct Lease: Codable, Hashable, Sendable {
    package var id: String
    package var ttlMilliseconds: Int

    package init(id: String, ttlMilliseconds: Int) {
        self.id = id
        self.ttlMilliseconds = ttlMilliseconds
    }
}

/// Names one instance: ids are unique on a node only.
package struct InstanceKey: Codable, Hashable, Sendable, Comparable {
    package var node: String
    package var id: String

    package init(node: String, id: String) {
        self.node = node
        self.id = id
    }

    package static func < (left: InstanceKey, right: InstanceKey) -> Bool {
        (left.node, left.id) < (right.node, right.id)
    }
}
