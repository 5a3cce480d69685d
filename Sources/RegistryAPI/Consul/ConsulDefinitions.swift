package import ServiceCatalog

/// From what registrants write about services and checks of the local node to the catalog's words:
/// defaults, rules and ids as Consul has them.
package struct ConsulDefinitions: Sendable {
    /// The node that an agent's registrations are on.
    let localNode: String
    /// The address of an instance that gives none; nil: it has that of its node.
    let defaultAddress: String?
    let limits: CatalogLimits
    /// Which addresses a registrant may have probed.
    let probeTargets: ProbeTargetPolicy
    let rules: RegistrationRules

    /// The service that this server is itself, as each Consul server has it.
    static let ownServiceID = "consul"
    /// The check that says that this server is alive, as each agent has it.
    static let aliveCheckID = "serfHealth"

    package init(
        localNode: String,
        defaultAddress: String? = nil,
        limits: CatalogLimits,
        probeTargets: ProbeTargetPolicy
    ) {
        self.localNode = localNode
        self.defaultAddress = defaultAddress
        self.limits = limits
        self.probeTargets = probeTargets
        self.rules = RegistrationRules(.consul, limits: limits)
    }

    /// The registration on the local node that `body` describes.
    func registration(of body: ServiceBody, replacesChecks: Bool) throws -> Registration {
        guard !body.name.isEmpty else { throw APIError(.badRequest, "Missing service name") }
        guard (body.id.isEmpty ? body.name : body.id) != Self.ownServiceID else {
            throw APIError(.badRequest, "Invalid service ID: \"consul\" is this server itself")
        }
        guard HostKind(body.address) != .unspecified else {
            throw APIError(.badRequest, "Invalid service address")
        }
        let weights = body.weights ?? ServiceWeights()
        guard weights.passing > 0 else {
            throw APIError(.badRequest, "Invalid Weights: Passing must be greater than 0")
        }
        try rules.checkWeights(weights, field: "Weights")
        var instance = try instance(of: body, on: localNode)
        instance.weights = weights
        if instance.address.isEmpty, let defaultAddress { instance.address = defaultAddress }
        addTaggedAddresses(to: &instance)
        guard body.checks.count <= limits.checksPerRegistrationMax else {
            throw APIError(
                .badRequest,
                "Checks must not be more than \(limits.checksPerRegistrationMax)",
                limit: "limits.checks_per_registration_max"
            )
        }
        var checks: [RegisteredCheck] = []
        for (position, checkBody) in body.checks.enumerated() {
            let number = body.checks.count > 1 ? ":\(position + 1)" : ""
            let check = try check(
                of: checkBody,
                defaultID: "service:\(instance.id)\(number)",
                defaultName: "Service '\(instance.service)' check",
                serviceID: instance.id
            )
            checks.append(RegisteredCheck(check, keepsStatus: true))
        }
        return Registration(instance: instance, checks: checks, replacesChecks: replacesChecks)
    }

    /// The registration of the check alone that `body` describes.
    func registration(of body: CheckBody) throws -> Registration {
        guard !body.name.isEmpty else { throw APIError(.badRequest, "Missing check name") }
        let check = try check(
            of: body,
            defaultID: body.name,
            defaultName: body.name,
            serviceID: body.serviceID
        )
        return Registration(checks: [RegisteredCheck(check, keepsStatus: true)])
    }

    /// The instance that `body` describes, its weights left at 1, its name checked by the caller.
    func instance(of body: ServiceBody, on node: String) throws -> ServiceInstance {
        let id = body.id.isEmpty ? body.name : body.id
        // A name that DNS cannot carry is found over HTTP, as with Consul.
        try rules.checkName(body.name, field: "service name")
        try rules.checkID(id, field: "service ID")
        try rules.checkTags(body.tags, field: "Tags")
        try rules.checkPort(body.port, field: "Port")
        try rules.checkText(body.kind, field: "Kind")
        try rules.checkMeta(body.meta, field: "Meta")
        if !body.address.isEmpty { try rules.checkHost(body.address, field: "Address") }
        guard body.taggedAddresses.count <= limits.metaPairsMax else {
            throw APIError(
                .badRequest,
                "TaggedAddresses must not be more than \(limits.metaPairsMax)",
                limit: "limits.meta_pairs_max"
            )
        }
        for (role, address) in body.taggedAddresses.sorted(by: { $0.key < $1.key }) {
            let field = "TaggedAddresses.\(role)"
            try rules.checkText(
                role,
                field: field,
                bytesMax: limits.metaKeyBytesMax,
                limit: "limits.meta_key_bytes_max"
            )
            try rules.checkHost(address.address, field: "\(field).Address")
            try rules.checkPort(address.port, field: "\(field).Port")
        }
        var instance = ServiceInstance(
            node: node,
            id: id,
            service: body.name,
            tags: body.tags,
            address: body.address,
            port: body.port,
            meta: body.meta,
            taggedAddresses: body.taggedAddresses,
            enableTagOverride: body.enableTagOverride,
            kind: body.kind
        )
        if !body.socketPath.isEmpty {
            try rules.checkText(body.socketPath, field: "SocketPath")
            instance.socketPath = body.socketPath
        }
        if let locality = body.locality {
            try rules.checkText(locality.region, field: "Locality.Region")
            try rules.checkText(locality.zone, field: "Locality.Zone")
            instance.locality = locality
        }
        return instance
    }

    /// Adds the addresses by role that an agent adds for an instance with an IP address.
    private func addTaggedAddresses(to instance: inout ServiceInstance) {
        let roles: [String]
        switch HostKind(instance.address) {
        case .ipv4: roles = ["lan_ipv4", "wan_ipv4"]
        case .ipv6: roles = ["lan_ipv6", "wan_ipv6"]
        case .name, .unspecified: return
        }
        for role in roles where instance.taggedAddresses[role] == nil {
            instance.taggedAddresses[role] = ServiceAddress(
                address: instance.address,
                port: instance.port
            )
        }
    }
}
