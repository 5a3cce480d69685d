@testable import ServiceCatalog

/// Short ways to say what tests register.
enum Registrations {
    static func node(_ name: String = "n1", address: String = "10.0.0.1") -> Node {
        Node(name: name, address: address, datacenter: "dc1")
    }

    static func web(
        _ id: String,
        service: String = "web",
        on node: String = "n1",
        address: String = "",
        tags: [String] = [],
        lease: Lease? = nil
    ) -> CatalogChange {
        .register(
            Registration(
                instance: ServiceInstance(
                    node: node,
                    id: id,
                    service: service,
                    tags: tags,
                    address: address,
                    port: 80,
                    lease: lease
                )
            )
        )
    }

    static func check(
        _ id: String,
        of serviceID: String = "",
        on node: String = "n1",
        _ status: HealthStatus = .passing,
        keepsStatus: Bool = false
    ) -> CatalogChange {
        .register(
            Registration(checks: [
                RegisteredCheck(
                    HealthCheck(node: node, id: id, name: id, status: status, serviceID: serviceID),
                    keepsStatus: keepsStatus
                )
            ])
        )
    }
}

extension Catalog {
    /// A catalog with node `n1`.
    static func withNode(limits: CatalogLimits = CatalogLimits()) throws -> Catalog {
        var catalog = Catalog(datacenter: "dc1", limits: limits)
        _ = try catalog.apply(.register(Registration(node: Registrations.node())), at: 2)
        return catalog
    }

    /// Applies `change` at the next index.
    @discardableResult
    mutating func apply(_ change: CatalogChange) throws -> CatalogDelta {
        try apply(change, at: index + 1)
    }
}
