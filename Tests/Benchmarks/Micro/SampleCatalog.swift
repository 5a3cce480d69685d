import ServiceCatalog

/// A catalog of equal services, without anything that is made of it.
struct SampleCatalog {
    var services: Int
    var instances: Int
    var nodes: Int

    /// `svc-00042` and so on.
    static func service(_ number: Int) -> String {
        let digits = String(number)
        return "svc-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }

    func node(_ number: Int) -> String { "node-\(number)" }

    func instance(_ number: Int, of service: Int) -> ServiceInstance {
        let address = "10.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)"
        return ServiceInstance(
            node: node(number % nodes),
            id: "\(Self.service(service))-\(address)-8080",
            service: Self.service(service),
            address: address,
            port: 8080
        )
    }

    /// All rows in order of node and id, as a store keeps them.
    func contents(withChecks: Bool = false) -> CatalogContents {
        var contents = CatalogContents()
        contents.nodes = (0..<nodes).map {
            Node(name: node($0), address: "192.168.0.1", datacenter: "dc1")
        }
        for node in 0..<nodes {
            for number in stride(from: node, to: services * instances, by: nodes) {
                contents.instances.append(instance(number, of: number / instances))
            }
        }
        guard withChecks else { return contents }
        contents.checks = contents.instances.map { instance in
            var check = HealthCheck(
                node: instance.node,
                id: instance.id,
                name: "alive",
                status: .passing,
                serviceID: instance.id
            )
            check.serviceName = instance.service
            return check
        }
        return contents
    }

    func catalog(withChecks: Bool = false) -> Catalog {
        var catalog = Catalog(datacenter: "dc1")
        catalog.restore(contents(withChecks: withChecks), index: 5)
        return catalog
    }
}
