internal import HTTPTypes
internal import ServiceCatalog

/// Health of instances on the local node as a status code: `agent/health/service/…`.
extension ConsulAPI {
    /// An instance with the checks that decide about it.
    private struct Health: Sendable {
        var instance: ServiceInstance
        var checks: [HealthCheck]

        /// The worst status; a check that puts into maintenance has a word of its own.
        var summary: Summary {
            if checks.contains(where: \.isMaintenance) { return .maintenance }
            switch checks.map(\.status).max() ?? .passing {
            case .passing: return .passing
            case .warning: return .warning
            case .critical: return .critical
            }
        }
    }

    private enum Summary: String, CaseIterable {
        case passing
        case warning
        case critical
        case maintenance

        var status: HTTPResponse.Status {
            switch self {
            case .passing: .ok
            case .warning: .tooManyRequests
            case .critical, .maintenance: .serviceUnavailable
            }
        }
    }

    /// `GET agent/health/service/id/:id`.
    func agentHealthOfInstance(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let id = try request.requiredName("serviceID")
        guard let health = localHealth(where: { $0.id == id }).first else {
            return .text("ServiceId \(id) not found", status: .notFound)
        }
        try request.authorizer.require(.serviceRead(health.instance.service))
        let summary = health.summary
        if request.wantsText { return .text(summary.rawValue, status: summary.status) }
        return .json(for: request, status: summary.status) { write(health, to: &$0) }
    }

    /// `GET agent/health/service/name/:name`.
    func agentHealthOfService(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let name = Catalog.fold(try request.requiredName("service Name"))
        let all = localHealth { Catalog.fold($0.service) == name }
        guard !all.isEmpty else {
            return request.wantsText
                ? .text("critical", status: .notFound)
                : .json(for: request, status: .notFound) { $0.raw("[]") }
        }
        let summaries = Set(all.map(\.summary))
        let worst = Summary.allCases.last(where: summaries.contains) ?? .passing
        if request.wantsText { return .text(worst.rawValue, status: worst.status) }
        return .json(for: request, status: worst.status) { writer in
            writer.beginArray()
            for health in all { write(health, to: &writer) }
            writer.endArray()
        }
    }

    private func localHealth(where isWanted: (ServiceInstance) -> Bool) -> [Health] {
        context.keeper.read(about: .node(localNode)) { catalog in
            catalog.instances(onNode: localNode)
                .filter { $0.id != Self.ownServiceID && isWanted($0) }
                .map { instance in
                    let checks = catalog.decidingChecks(instance.key)
                    return Health(
                        instance: instance,
                        checks: checks.filter { $0.id != Self.aliveCheckID }
                    )
                }
        }
    }

    private func write(_ health: Health, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("AggregatedStatus", health.summary.rawValue)
        writer.key("Service")
        writer.agentService(health.instance, datacenter: context.identity.datacenter)
        writer.key("Checks")
        writer.checks(health.checks, showsType: false)
        writer.endObject()
    }
}
