extension PreparedQuery {
    /// What stands in answers where a token is.
    package static let hiddenToken = "<hidden>"

    /// The only type of templates.
    package static let templateType = "name_prefix_match"

    private static let elementsMax = 128

    /// Refuses what could not be executed.
    package func validate(_ limits: CatalogLimits) throws(PreparedQueryError) {
        if name.isEmpty, template == nil, session.isEmpty { throw .unbound }
        if token == Self.hiddenToken { throw .hiddenToken(token) }
        if service.service.isEmpty { throw .missingService }
        try validateFailover()
        let rules = RegistrationRules(.consul, limits: limits)
        do {
            try rules.checkFilter(service.nodeMeta, field: "NodeMeta")
        } catch {
            throw .badNodeMeta(error.description)
        }
        do {
            try rules.checkFilter(service.serviceMeta, field: "ServiceMeta")
        } catch {
            throw .badServiceMeta(error.description)
        }
        try validateSizes(limits)
        try validateTTL()
        if template != nil { _ = try QueryTemplate(self) }
    }

    private func validateFailover() throws(PreparedQueryError) {
        let failover = service.failover
        guard failover.nearestN >= 0 else { throw .badNearestN(failover.nearestN) }
        let hasDatacenters = failover.nearestN != 0 || !failover.datacenters.isEmpty
        guard !hasDatacenters || failover.targets.isEmpty else { throw .targetsBesideDatacenters }
    }

    private func validateTTL() throws(PreparedQueryError) {
        guard !dnsTTL.isEmpty else { return }
        guard let nanoseconds = GoDuration.nanoseconds(dnsTTL) else { throw .badTTL(dnsTTL) }
        guard nanoseconds >= 0 else { throw .negativeTTL(dnsTTL) }
    }

    private func validateSizes(_ limits: CatalogLimits) throws(PreparedQueryError) {
        let lists = [
            ("Tags", service.tags.count), ("IgnoreCheckIDs", service.ignoreCheckIDs.count),
            ("Datacenters", service.failover.datacenters.count),
            ("Targets", service.failover.targets.count),
        ]
        for (what, count) in lists where count > Self.elementsMax {
            throw .tooLarge(what: what, limit: Self.elementsMax)
        }
        let texts = [name, session, token, dnsTTL, template?.regexp ?? ""] + service.texts
        for text in texts where text.utf8.count > limits.textBytesMax {
            throw .tooLarge(what: "a text, in bytes,", limit: limits.textBytesMax)
        }
    }

    /// The TTL of answers in whole seconds; nil where the server's own counts.
    package var dnsTTLSeconds: Int? {
        guard !dnsTTL.isEmpty, let nanoseconds = GoDuration.nanoseconds(dnsTTL) else { return nil }
        return nanoseconds / 1_000_000_000
    }
}

extension PreparedQuery.Service {
    fileprivate var texts: [String] {
        [service, near, peer] + ignoreCheckIDs + tags + failover.datacenters
            + failover.targets.flatMap { [$0.peer, $0.datacenter] }
    }
}

extension RegistrationRules {
    /// Pairs that meta is compared with: the same keys as in meta, reserved ones included.
    fileprivate func checkFilter(
        _ pairs: [String: String],
        field: String
    ) throws(FieldError) {
        var pairs = pairs
        for key in pairs.keys where key.hasPrefix("consul-") {
            pairs["x-\(key)"] = pairs.removeValue(forKey: key)
        }
        try checkMeta(pairs, field: field)
    }
}
