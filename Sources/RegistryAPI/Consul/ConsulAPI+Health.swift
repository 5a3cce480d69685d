internal import HTTPTypes
internal import ServiceCatalog

/// Instances with their checks, and checks alone: `health/…`.
extension ConsulAPI {
    /// `GET health/service/:name`.
    func healthOfService(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let name = try request.requiredName("service name")
        let tags = TagFilter(request.query)
        let filter = try request.filter(.health)
        let proximity = proximity(request)
        let onlyPassing: Bool
        do {
            onlyPassing = try request.query.flag("passing")
        } catch {
            // Consul finds out after the read, so its answer tells the index.
            var reply = ConsulReply.text(error.message, status: .badRequest)
            let index = context.keeper.read { $0.serviceIndex(name) }
            reply.headers.append(contentsOf: try options(of: request).headers(index: index))
            return reply
        }
        return try await answer(request, about: .service(name)) { catalog, options in
            var found: [ServiceEndpoint] = []
            for instance in catalog.instances(ofService: name) where tags.matches(instance) {
                guard let node = catalog.node(instance.node), options.matches(node),
                    !onlyPassing || catalog.health(instance.key) == .passing
                else { continue }
                found.append(
                    ServiceEndpoint(
                        node: node,
                        instance: instance,
                        checks: catalog.decidingChecks(instance.key)
                    )
                )
            }
            return found
        } narrow: { endpoints throws(APIError) in
            proximity.sorted(try filter?.kept(endpoints) ?? endpoints, by: \.node.name)
        } write: { writer, endpoints in
            writer.beginArray()
            for endpoint in endpoints { writer.endpoint(endpoint) }
            writer.endArray()
        }
    }

    /// `GET health/node/:name`.
    func checksOfNode(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let name = try request.requiredName("node name")
        let filter = try request.filter(.check)
        return try await answer(request, about: .node(name)) { catalog, _ in
            catalog.checks(onNode: name)
        } narrow: { checks throws(APIError) in
            try filter?.kept(checks) ?? checks
        } write: { writer, checks in
            writer.checks(checks)
        }
    }

    /// `GET health/checks/:name`: the checks of a service's instances, not those of their nodes.
    func checksOfService(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let name = try request.requiredName("service name")
        let filter = try request.filter(.check)
        let proximity = proximity(request)
        return try await answer(request, about: .service(name)) { catalog, options in
            var found: [HealthCheck] = []
            for instance in catalog.instances(ofService: name) {
                if !options.nodeMeta.isEmpty {
                    guard let node = catalog.node(instance.node), options.matches(node) else {
                        continue
                    }
                }
                found += catalog.checks(ofInstance: instance.key)
            }
            return found
        } narrow: { checks throws(APIError) in
            proximity.sorted(try filter?.kept(checks) ?? checks, by: \.node)
        } write: { writer, checks in
            writer.checks(checks)
        }
    }

    /// `GET health/state/:state`; an unknown state has no checks.
    func checksInState(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let state = try request.requiredName("check state")
        let status = HealthStatus(rawValue: state)
        let filter = try request.filter(.check)
        let proximity = proximity(request)
        return try await answer(request, about: .checks) { catalog, options in
            guard status != nil || state == "any" else { return [] }
            return catalog.checks.filter { check in
                guard status == nil || check.status == status else { return false }
                guard !options.nodeMeta.isEmpty else { return true }
                return catalog.node(check.node).map(options.matches) ?? false
            }
        } narrow: { checks throws(APIError) in
            proximity.sorted(try filter?.kept(checks) ?? checks, by: \.node)
        } write: { writer, checks in
            writer.checks(checks)
        }
    }
}
