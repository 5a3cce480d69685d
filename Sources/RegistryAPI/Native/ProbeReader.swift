internal import DNSWire
internal import ServiceCatalog

/// Reads what a check of the native API does to find the status.
struct ProbeReader: Sendable {
    let fields: JSONFields
    let instance: ServiceInstance
    let rules: RegistrationRules
    let api: APIContext

    private static let dnsPort = 53

    /// - Parameter name: the field that says what kind of probe it is.
    func probe(_ name: String) throws(FieldError) -> CheckDefinition.Probe {
        switch name {
        case "http": return try http()
        case "tcp":
            let target = try target(name, try text(name))
            return .tcp(host: target.host, port: target.port, tls: try tls())
        case "udp":
            let target = try target(name, try text(name))
            return .udp(host: target.host, port: target.port)
        case "grpc": return try grpc()
        case "dns": return try dns()
        case "ttl":
            let range = 1_000...86_400_000
            let time = try CheckRequest.time(fields, name, range) ?? range.lowerBound
            return .ttl(milliseconds: time)
        default:
            let id = try text(name)
            try rules.checkID(id, field: fields.path(of: name))
            let node = try fields.string("alias_node") ?? ""
            if !node.isEmpty { try rules.checkName(node, field: fields.path(of: "alias_node")) }
            return .alias(node: node, serviceID: id)
        }
    }

    private func text(_ name: String) throws(FieldError) -> String {
        guard let text = try fields.string(name) else { throw fields.missing(name) }
        return text
    }

    /// `host:port`, or `:port` for the instance's own host.
    private func target(
        _ name: String,
        _ text: String,
        defaultPort: Int? = nil
    ) throws(FieldError) -> ProbeTarget {
        let field = fields.path(of: name)
        let isOwn = text.hasPrefix(":")
        guard let target = ProbeTarget(isOwn ? ownHost + text : text, defaultPort: defaultPort)
        else {
            throw FieldError(
                field,
                "must be of the form host:port",
                hint: "for example \"\(ownHost):\(instance.port)\""
            )
        }
        try rules.checkProbeTarget(target, api.probeTargets, field: field)
        return target
    }

    /// The instance's host as it stands before a port.
    private var ownHost: String {
        if case .v6 = IPAddress(instance.address) { return "[\(instance.address)]" }
        return instance.address
    }

    private func http() throws(FieldError) -> CheckDefinition.Probe {
        let field = fields.path(of: "http")
        var url = try text("http")
        if url.hasPrefix("/") { url = "http://\(ownHost):\(instance.port)\(url)" }
        guard let target = ProbeTarget(url: url) else {
            throw FieldError(
                field,
                "must be an http or https URL, or a path on the instance itself",
                hint: "for example \"http://10.0.0.1:8080/health\" or \"/health\""
            )
        }
        try rules.checkText(url, field: field)
        try rules.checkProbeTarget(target, api.probeTargets, field: field)
        let method = try fields.string("method") ?? "GET"
        guard RegistrationRules.isToken(method) else {
            throw FieldError(fields.path(of: "method"), "must be an HTTP method")
        }
        let body = try fields.string("body") ?? ""
        guard body.utf8.count <= api.limits.textBytesMax else {
            throw FieldError(
                fields.path(of: "body"),
                "must not be longer than \(api.limits.textBytesMax) bytes",
                limit: "limits.text_bytes_max"
            )
        }
        return .http(
            HTTPProbe(
                url: url,
                method: method.uppercased(),
                headers: try headers(),
                body: body,
                followsRedirects: try fields.bool("follow_redirects") ?? true,
                tls: try tls()
            )
        )
    }

    private func headers() throws(FieldError) -> [String: [String]] {
        let headers = try fields.stringListMap("headers") ?? [:]
        guard headers.count <= api.limits.metaPairsMax else {
            throw FieldError(
                fields.path(of: "headers"),
                "must not be more than \(api.limits.metaPairsMax)",
                limit: "limits.meta_pairs_max"
            )
        }
        for (name, values) in headers.sorted(by: { $0.key < $1.key }) {
            let field = fields.path(of: "headers.\(name)")
            guard RegistrationRules.isToken(name) else {
                throw FieldError(field, "must have the name of an HTTP field")
            }
            for value in values { try rules.checkText(value, field: field) }
        }
        return headers
    }

    /// `host:port` or `host:port/service`.
    private func grpc() throws(FieldError) -> CheckDefinition.Probe {
        let text = try text("grpc")
        let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let target = try target("grpc", String(halves[0]))
        let service = halves.count > 1 ? String(halves[1]) : ""
        try rules.checkText(service, field: fields.path(of: "grpc"))
        return .grpc(host: target.host, port: target.port, service: service, tls: try tls())
    }

    private func dns() throws(FieldError) -> CheckDefinition.Probe {
        let target = try target("dns", try text("dns"), defaultPort: Self.dnsPort)
        let query = try text("query")
        let field = fields.path(of: "query")
        guard !query.isEmpty else { throw fields.missing("query") }
        guard query == "." || RegistrationRules.isHostName(query) else {
            throw FieldError(field, "must be a domain name")
        }
        let type = (try fields.string("query_type") ?? "A").uppercased()
        guard RegistrationRules.isToken(type) else {
            throw FieldError(fields.path(of: "query_type"), "must be a record type such as A")
        }
        return .dns(host: target.host, port: target.port, name: query, type: type)
    }

    /// Nil for a probe without TLS; for `https` the URL decides.
    private func tls() throws(FieldError) -> TLSExpectation? {
        let serverName = try fields.string("tls_server_name")
        let skips = try fields.bool("tls_skip_verify")
        if let serverName {
            guard RegistrationRules.isHostName(serverName) else {
                throw FieldError(fields.path(of: "tls_server_name"), "must be a host name")
            }
        }
        let isWanted = try fields.bool("tls") ?? (serverName != nil || skips != nil)
        guard isWanted else { return nil }
        return TLSExpectation(serverName: serverName ?? "", verifies: !(skips ?? false))
    }
}
