internal import HTTPTypes
internal import ServiceCatalog

/// Instances with their checks, and checks alone: `health/…`.
extension ConsulAPI {
    /// One element of `health/service/:name`.
    private typealias Endpoint = (node: Node, instance: ServiceInstance, checks: [HealthCheck])

    /// `GET health/service/:name`.
    func healthOfService(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let name = try request.requiredName("service name")
        let tags = TagFilter(request.query)
        let onlyPassing: Bool
        do {
            onlyPassing = try request.query.flag("passing")
        } catch {
            // Consul finds out after the read, so its answer tells the index.
            var reply = ConsulReply.text(error.message, status: .badRequest)
            let index = context.keeper.read { $0.serviceIndex(name) }
            reply.headers.append(contentsOf: try ReadOptions(request.query).headers(index: index))
            return reply
        }
        return try await answer(request, about: .service(name)) { catalog, options in
            var found: [Endpoint] = []
            for instance in catalog.instances(ofService: name) where tags.matches(instance) {
                guard let node = catalog.node(instance.node), options.matches(node),
                    !onlyPassing || catalog.health(instance.key) == .passing
                else { continue }
                found.append((node, instance, catalog.decidingChecks(instance.key)))
            }
            return found
        } write: { writer, found in
            writer.beginArray()
            for endpoint in found {
                writer.beginObject()
                writer.key("Node")
                writer.node(endpoint.node)
                writer.key("Service")
                writer.nodeService(endpoint.instance)
                writer.key("Checks")
                writer.checks(endpoint.checks)
                writer.endObject()
            }
            writer.endArray()
        }
    }

    /// `GET health/node/:name`.
    func checksOfNode(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let name = try request.requiredName("node name")
        return try await answer(request, about: .node(name)) { catalog, _ in
            catalog.checks(onNode: name)
        } write: { writer, checks in
            writer.checks(checks)
        }
    }

    /// `GET health/checks/:name`: the checks of a service's instances, not those of their nodes.
    func checksOfService(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let name = try request.requiredName("service name")
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
        } write: { writer, checks in
            writer.checks(checks)
        }
    }

    /// `GET health/state/:state`; an unknown state has no checks.
    func checksInState(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let state = try request.requiredName("check state")
        let status = HealthStatus(rawValue: state)
        return try await answer(request, about: .checks) { catalog, options in
            guard status != nil || state == "any" else { return [] }
            return catalog.checks.filter { check in
                guard status == nil || check.status == status else { return false }
                guard !options.nodeMeta.isEmpty else { return true }
                return catalog.node(check.node).map(options.matches) ?? false
            }
        } write: { writer, checks in
            writer.checks(checks)
        }
    }
}
