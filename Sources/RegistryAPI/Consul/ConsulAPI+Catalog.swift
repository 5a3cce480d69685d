internal import ServiceCatalog

/// Reads of the catalog: `catalog/…`.
extension ConsulAPI {
    /// `GET catalog/datacenters`.
    func datacenters(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        .json(for: request) { $0.strings([context.identity.datacenter]) }
    }

    /// `GET catalog/nodes`.
    func nodes(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let filter = try request.filter(.node)
        let proximity = proximity(request)
        return try await answer(request, about: .nodeList) { catalog, options in
            catalog.nodes.filter(options.matches)
        } narrow: { nodes throws(APIError) in
            proximity.sorted(try filter?.kept(nodes) ?? nodes, by: \.name)
        } write: { writer, nodes in
            writer.beginArray()
            for node in nodes { writer.node(node) }
            writer.endArray()
        }
    }

    /// `GET catalog/services`.
    func services(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        if let filter = try request.filter(.serviceNode) {
            return try await services(request, filter)
        }
        return try await answer(request, about: .serviceList) { catalog, options in
            var services: [(name: String, tags: [[String]])] = []
            for name in catalog.serviceNames {
                var tags: [[String]] = []
                var isListed = options.nodeMeta.isEmpty
                for instance in catalog.instances(ofService: name, onAnyNode: true) {
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

    /// The services with an instance for which `filter` holds, and the tags of such instances.
    private func services(
        _ request: ConsulRequest,
        _ filter: Filter<ServiceEndpoint>
    ) async throws(APIError) -> ConsulReply {
        try await answer(request, about: .serviceList) { catalog, options in
            catalog.serviceNames.map { name in
                (name: name, endpoints: endpoints(of: name, &catalog, options))
            }
        } narrow: { services throws(APIError) in
            var budget = FilterBudget()
            var kept: [(name: String, endpoints: [ServiceEndpoint])] = []
            for service in services {
                let endpoints = try filter.kept(service.endpoints, &budget)
                if !endpoints.isEmpty { kept.append((service.name, endpoints)) }
            }
            return kept
        } write: { writer, services in
            writer.beginObject()
            for service in services {
                let tags = Set(service.endpoints.flatMap(\.instance.tags))
                writer.field(service.name, tags.sorted())
            }
            writer.endObject()
        }
    }

    /// The instances of a service with their nodes, as far as these have the meta asked for.
    private func endpoints(
        of service: String,
        _ catalog: inout VisibleCatalog,
        _ options: ReadOptions,
        _ tags: TagFilter? = nil
    ) -> [ServiceEndpoint] {
        var found: [ServiceEndpoint] = []
        for instance in catalog.instances(ofService: service) {
            guard tags?.matches(instance) ?? true, let node = catalog.node(instance.node),
                options.matches(node)
            else { continue }
            found.append(ServiceEndpoint(node: node, instance: instance))
        }
        return found
    }

    /// `GET catalog/service/:name`.
    func serviceNodes(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let name = try request.requiredName("service name")
        let tags = TagFilter(request.query)
        let filter = try request.filter(.serviceNode)
        let proximity = proximity(request)
        return try await answer(request, about: .service(name)) { catalog, options in
            endpoints(of: name, &catalog, options, tags)
        } narrow: { endpoints throws(APIError) in
            proximity.sorted(try filter?.kept(endpoints) ?? endpoints, by: \.node.name)
        } write: { writer, endpoints in
            writer.beginArray()
            for endpoint in endpoints {
                writer.serviceNode(endpoint.instance, on: endpoint.node)
            }
            writer.endArray()
        }
    }

    /// A node and what is on it; nil for an unknown one.
    private typealias NodeContents = (node: Node, instances: [ServiceInstance])?

    private func answerWithContents(
        _ request: ConsulRequest,
        write: (inout JSONWriter, NodeContents) -> Void
    ) async throws(APIError) -> ConsulReply {
        let name = try request.requiredName("node name")
        let filter = try request.filter(.nodeService)
        // A node goes by its id too.
        let known = context.keeper.read { catalog in
            (catalog.node(name) ?? catalog.node(id: name))?.name ?? name
        }
        return try await answer(request, about: .node(known)) { catalog, _ in
            catalog.node(known).map { ($0, catalog.instances(onNode: known)) }
        } narrow: { found throws(APIError) in
            guard let found, let filter else { return found }
            return (found.node, try filter.kept(found.instances))
        } write: { writer, found in
            write(&writer, found)
        }
    }

    /// `GET catalog/node/:name`.
    func node(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        try await answerWithContents(request) { writer, found in
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
        try await answerWithContents(request) { writer, found in
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
