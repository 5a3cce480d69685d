internal import ServiceCatalog

/// What `POST /register` and each line of `POST /import` say.
struct RegistrationRequest: Sendable {
    static let fields = [
        "service", "host", "port", "id", "tags", "metadata", "weights", "ttl", "checks",
    ]

    /// On the local node; without a lease id yet.
    var instance: ServiceInstance
    /// Nil for no lease.
    var leaseMilliseconds: Int?
    var checks: [HealthCheck]

    /// Reads and judges a body; nothing else needs to be checked afterwards.
    init(_ body: JSONValue, _ api: APIContext) throws(FieldError) {
        let rules = RegistrationRules(.native, limits: api.limits)
        let fields = try JSONFields(body, known: Self.fields)
        guard let service = try fields.string("service") else { throw fields.missing("service") }
        guard let host = try fields.string("host") else { throw fields.missing("host") }
        guard let port = try fields.integer("port") else { throw fields.missing("port") }
        try rules.checkName(service, field: "service")
        try rules.checkHost(host, field: "host")
        try rules.checkPort(port, field: "port")
        let id = try fields.string("id") ?? "\(service)-\(host)-\(port)"
        try rules.checkID(id, field: "id")
        let tags = try fields.strings("tags") ?? []
        try rules.checkTags(tags, field: "tags")
        let metadata = try fields.stringMap("metadata") ?? [:]
        try rules.checkMeta(metadata, field: "metadata")
        self.instance = ServiceInstance(
            node: api.identity.agentNode,
            id: id,
            service: service,
            tags: tags,
            address: host,
            port: port,
            meta: metadata,
            weights: try Self.weights(fields, rules)
        )
        self.leaseMilliseconds = try Self.lease(fields, api.leaseTerms)
        let bodies = try fields.array("checks") ?? []
        guard bodies.count <= api.limits.checksPerRegistrationMax else {
            throw FieldError(
                "checks",
                "must not be more than \(api.limits.checksPerRegistrationMax)",
                limit: "limits.checks_per_registration_max"
            )
        }
        self.checks = []
        for (position, body) in bodies.enumerated() {
            let request = try CheckRequest(body, path: "checks[\(position)]", instance, api)
            try add(request, at: position)
        }
    }

    private static func weights(
        _ fields: JSONFields,
        _ rules: RegistrationRules
    ) throws(FieldError) -> ServiceWeights {
        guard let body = fields.value("weights") else { return ServiceWeights() }
        let members = try JSONFields(body, path: "weights", known: ["passing", "warning"])
        let weights = ServiceWeights(
            passing: try members.integer("passing") ?? 1,
            warning: try members.integer("warning") ?? 1
        )
        try rules.checkWeights(weights, field: "weights")
        return weights
    }

    private static func lease(
        _ fields: JSONFields,
        _ terms: LeaseTerms
    ) throws(FieldError) -> Int? {
        guard
            let milliseconds = try fields.milliseconds("ttl", unitNanoseconds: 1_000_000_000)
        else { return nil }
        guard (terms.minimumMilliseconds...terms.maximumMilliseconds).contains(milliseconds) else {
            throw FieldError(
                "ttl",
                "must be from \(GoDuration.format(milliseconds: terms.minimumMilliseconds)) to "
                    + GoDuration.format(milliseconds: terms.maximumMilliseconds),
                hint: "leave it out for an instance that stays until it is deregistered"
            )
        }
        return milliseconds
    }

    /// Check ids are unique on a node, so those of an instance begin with the instance's id.
    private mutating func add(_ request: CheckRequest, at position: Int) throws(FieldError) {
        let base = "\(instance.id):\(request.id ?? request.definition.typeName)"
        var id = base
        var count = 1
        while checks.contains(where: { $0.id == id }) {
            guard request.id == nil else {
                throw FieldError("checks[\(position)].id", "must be different from the others")
            }
            count += 1
            id = "\(base)-\(count)"
        }
        checks.append(
            HealthCheck(
                node: instance.node,
                id: id,
                name: request.name ?? "\(request.definition.typeName) of \(instance.id)",
                // An instance with checks is not in answers before the first result.
                status: .critical,
                notes: request.notes,
                output: "not checked yet",
                serviceID: instance.id,
                definition: request.definition
            )
        )
    }
}
