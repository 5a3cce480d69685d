internal import ServiceCatalog

/// Reads of the catalog: `catalog/…`.
extension ConsulAPI {
    /// `GET catalog/datacenters`.
    func datacenters(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        .json(for: request) { $0.strings([context.identity.datacenter]) }
    }

    /// `GET catalog/nodes`.
    func nodes(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        try await answer(request, about: .nodeList) { catalog, options in
            catalog.nodes.filter(options.matches)
        } write: { writer, nodes in
            writer.beginArray()
            for node in nodes { writer.node(node) }
            writer.endArray()
        }
    }

    /// `GET catalog/services`.
    func services(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        try await answer(request, about: .serviceList) { catalog, options in
            var services: [(name: String, tags: [[String]])] = []
            for name in catalog.serviceNames {
                var tags: [[String]] = []
                var isListed = options.nodeMeta.isEmpty
                for instance in catalog.instances(ofService: name) {
                    if !options.nodeMeta.isEmpty {
                        guard let node = catalog.node(instance.node), options.matches(node) else {
                            continue
                        }
                        isListed = true
                    }
                    if !instance.tags.isEmpty { tags.append(instance.tags) }
                }
                if isListed { services.append((name, tags)) }
            }
            return services
        } write: { writer, services in
            writer.beginObject()
            for service in services {
                writer.field(service.name, Set(service.tags.joined()).sorted())
            }
            writer.endObject()
        }
    }

    /// `GET catalog/service/:name`.
    func serviceNodes(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let name = try request.requiredName("service name")
        let tags = TagFilter(request.query)
        return try await answer(request, about: .service(name)) { catalog, options in
            var found: [(ServiceInstance, Node)] = []
            for instance in catalog.instances(ofService: name) where tags.matches(instance) {
                if let node = catalog.node(instance.node), options.matches(node) {
                    found.append((instance, node))
                }
            }
            return found
        } write: { writer, found in
            writer.beginArray()
            for (instance, node) in found { writer.serviceNode(instance, on: node) }
            writer.endArray()
        }
    }

    /// A node and what is on it; nil for an unknown one.
    private typealias NodeContents = (node: Node, instances: [ServiceInstance])?

    private func contents(of name: String, _ catalog: inout VisibleCatalog) -> NodeContents {
        guard let node = catalog.node(name) else { return nil }
        return (node, catalog.instances(onNode: name))
    }

    /// `GET catalog/node/:name`.
    func node(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let name = try request.requiredName("node name")
        return try await answer(request, about: .node(name)) { catalog, _ in
            contents(of: name, &catalog)
        } write: { writer, found in
            guard let found else { return writer.null() }
            writer.beginObject()
            writer.key("Node")
            writer.node(found.node)
            writer.key("Services")
            writer.beginObject()
            for instance in found.instances {
                writer.key(instance.id)
                writer.nodeService(instance)
            }
            writer.endObject()
            writer.endObject()
        }
    }

    /// `GET catalog/node-services/:name`.
    func nodeServices(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let name = try request.requiredName("node name")
        return try await answer(request, about: .node(name)) { catalog, _ in
            contents(of: name, &catalog)
        } write: { writer, found in
            guard let found else { return writer.raw(#"{"Node":null,"Services":null}"#) }
            writer.beginObject()
            writer.key("Node")
            writer.node(found.node)
            writer.key("Services")
            writer.beginArray()
            for instance in found.instances { writer.nodeService(instance) }
            writer.endArray()
            writer.endObject()
        }
    }
}
