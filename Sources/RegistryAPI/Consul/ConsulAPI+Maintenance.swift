internal import ServiceCatalog

/// Taking an instance or the whole local node out of service, by a critical check that says why.
extension ConsulAPI {
    private static let noReason = "Maintenance mode is on; no reason was given."

    /// `PUT agent/service/maintenance/:id`.
    func maintainService(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let id = try request.requiredName("service ID")
        let isOn = try wantsMaintenance(request)
        let unknown = APIError(.notFound, "No service registered with ID \"\(id)\"")
        guard id != Self.ownServiceID,
            let instance = context.keeper.read({ $0.instance(localKey(id)) })
        else {
            throw unknown
        }
        try request.authorizer.require(.serviceWrite(instance.service))
        let check = HealthCheck(
            node: localNode,
            id: HealthCheck.serviceMaintenanceID(id),
            name: "Service Maintenance Mode",
            status: .critical,
            notes: reason(request),
            serviceID: id
        )
        try await setMaintenance(isOn, check) { rejection in
            if case .unknownInstance = rejection { unknown } else { nil }
        }
        return .empty
    }

    /// `PUT agent/maintenance`.
    func maintainNode(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let isOn = try wantsMaintenance(request)
        let check = HealthCheck(
            node: localNode,
            id: HealthCheck.nodeMaintenanceID,
            name: "Node Maintenance Mode",
            status: .critical,
            notes: reason(request)
        )
        try await setMaintenance(isOn, check) { _ in nil }
        return .empty
    }

    private func wantsMaintenance(_ request: ConsulRequest) throws(APIError) -> Bool {
        switch request.query.first("enable")?.lowercased() {
        case nil, "": throw APIError(.badRequest, "Missing value for enable")
        case "true", "1", "t": return true
        case "false", "0", "f": return false
        case let other?:
            throw APIError(.badRequest, "Invalid value for enable: \"\(other)\"")
        }
    }

    private func reason(_ request: ConsulRequest) -> String {
        let reason = request.query.first("reason") ?? ""
        return reason.isEmpty ? Self.noReason : reason.cut(toBytes: context.limits.textBytesMax)
    }

    /// The first reason stays until maintenance ends.
    private func setMaintenance(
        _ isOn: Bool,
        _ check: HealthCheck,
        refusal: (CatalogRejection) -> APIError?
    ) async throws(APIError) {
        let isOnAlready = context.keeper.read { $0.check(check.key) != nil }
        guard isOn != isOnAlready else { return }
        if isOn {
            let written = RegisteredCheck(check, keepsStatus: false)
            try await append(.register(Registration(checks: [written])), refusal: refusal)
        } else {
            do {
                try await context.log.append(.deregisterCheck(check.key))
            } catch .rejected(.unknownCheck) {
                // Somebody else ended it at the same moment.
            } catch {
                throw APIError(.unavailable, error.description)
            }
        }
    }
}
