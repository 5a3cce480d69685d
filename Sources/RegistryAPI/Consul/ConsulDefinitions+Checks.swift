internal import ServiceCatalog

/// From a check as registrants describe it to a check of the catalog.
extension ConsulDefinitions {
    private static let intervalMillisecondsMin = 1_000
    private static let timeoutMillisecondsDefault = 10_000
    private static let deregisterMillisecondsMin = 60_000
    private static let outputBytesDefault = 4_096

    /// The check of the local node that `body` describes.
    func check(
        of body: CheckBody,
        defaultID: String,
        defaultName: String,
        serviceID: String
    ) throws -> HealthCheck {
        let id = body.id.isEmpty ? defaultID : body.id
        guard id != Self.aliveCheckID else {
            throw APIError(.badRequest, "Invalid check ID: \"serfHealth\" is this server's own")
        }
        try rules.checkID(id, field: "CheckID")
        let name = body.name.isEmpty ? defaultName : body.name
        try rules.checkText(name, field: "check name")
        let definition = try definition(of: body)
        return HealthCheck(
            node: localNode,
            id: id,
            name: name,
            status: try status(body.status),
            notes: body.notes.cut(toBytes: limits.textBytesMax),
            serviceID: serviceID,
            definition: definition
        )
    }

    /// A status as registrants name it; critical where they give none.
    func status(_ name: String) throws(APIError) -> HealthStatus {
        if name.isEmpty { return .critical }
        guard let status = HealthStatus(rawValue: name) else {
            throw APIError(
                .badRequest,
                "Status for checks must be 'passing', 'warning' or 'critical', not '\(name)'"
            )
        }
        return status
    }

    private func definition(of body: CheckBody) throws -> CheckDefinition {
        if let kind = body.refusedKind {
            throw invalid(
                "\(kind) checks are not supported: this server runs no programs for others"
            )
        }
        try checkTimes(of: body)
        let critical = max(1, body.failuresBeforeCritical)
        let warning = body.failuresBeforeWarning
        return CheckDefinition(
            probe: try probe(of: body),
            intervalMilliseconds: max(body.intervalMilliseconds, Self.intervalMillisecondsMin),
            timeoutMilliseconds: body.timeoutMilliseconds > 0
                ? body.timeoutMilliseconds : Self.timeoutMillisecondsDefault,
            successesBeforePassing: max(1, body.successesBeforePassing),
            failuresBeforeWarning: warning > 0 ? warning : critical,
            failuresBeforeCritical: critical,
            deregisterCriticalAfterMilliseconds: body.deregisterAfterMilliseconds > 0
                ? max(body.deregisterAfterMilliseconds, Self.deregisterMillisecondsMin) : nil,
            outputBytesMax: body.outputBytesMax > 0 ? body.outputBytesMax : Self.outputBytesDefault
        )
    }

    private func checkTimes(of body: CheckBody) throws {
        let isAlias = !body.aliasService.isEmpty || !body.aliasNode.isEmpty
        let isProbed = [body.http, body.tcp, body.udp, body.grpc, body.http2Ping]
            .contains { !$0.isEmpty }
        if body.intervalMilliseconds > 0, body.ttlMilliseconds > 0 {
            throw invalid("Interval and TTL cannot both be specified")
        }
        if isProbed, body.intervalMilliseconds <= 0 {
            throw invalid("Interval must be > 0 for HTTP, H2PING, TCP, UDP and GRPC checks")
        }
        if isAlias, body.intervalMilliseconds > 0 {
            throw invalid("Interval cannot be set for Alias checks")
        }
        if isAlias, body.ttlMilliseconds > 0 {
            throw invalid("TTL cannot be set for Alias checks")
        }
        if !isProbed, !isAlias, body.ttlMilliseconds <= 0 {
            throw invalid("TTL must be > 0 for TTL checks")
        }
        if body.failuresBeforeWarning > body.failuresBeforeCritical {
            throw invalid("FailuresBeforeWarning can't be higher than FailuresBeforeCritical")
        }
        for (field, value) in [
            ("SuccessBeforePassing", body.successesBeforePassing),
            ("FailuresBeforeCritical", body.failuresBeforeCritical),
            ("FailuresBeforeWarning", body.failuresBeforeWarning),
            ("OutputMaxSize", body.outputBytesMax),
        ] where value < 0 {
            throw invalid("\(field) must not be negative")
        }
    }

    /// The first kind that is given, in the order in which Consul looks.
    private func probe(of body: CheckBody) throws -> CheckDefinition.Probe {
        if body.ttlMilliseconds > 0 { return .ttl(milliseconds: body.ttlMilliseconds) }
        if !body.http.isEmpty { return .http(try httpProbe(of: body)) }
        if !body.tcp.isEmpty {
            let target = try target(body.tcp, field: "TCP")
            let tls = body.tcpUsesTLS ? expectation(of: body) : nil
            return .tcp(host: target.host, port: target.port, tls: tls)
        }
        if !body.udp.isEmpty {
            let target = try target(body.udp, field: "UDP")
            return .udp(host: target.host, port: target.port)
        }
        if !body.grpc.isEmpty {
            let parts = body.grpc.split(
                separator: "/",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            let target = try target(String(parts[0]), field: "GRPC")
            return .grpc(
                host: target.host,
                port: target.port,
                service: parts.count > 1 ? String(parts[1]) : "",
                tls: body.grpcUsesTLS ? expectation(of: body) : nil
            )
        }
        if !body.http2Ping.isEmpty {
            let target = try target(body.http2Ping, field: "H2PING")
            let tls = body.http2PingUsesTLS ? expectation(of: body) : nil
            return .http2Ping(host: target.host, port: target.port, tls: tls)
        }
        return .alias(node: body.aliasNode, serviceID: body.aliasService)
    }

    private func httpProbe(of body: CheckBody) throws -> HTTPProbe {
        guard let target = ProbeTarget(url: body.http) else {
            throw invalid("HTTP must be an absolute http:// or https:// URL, not \"\(body.http)\"")
        }
        try permit(target, field: "HTTP")
        let method = body.method.isEmpty ? "GET" : body.method
        for token in [method] + body.header.keys.sorted() {
            guard RegistrationRules.isToken(token) else {
                throw invalid("Method and names in Header must be tokens, not \"\(token)\"")
            }
        }
        for value in body.header.values.joined() {
            guard !value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) else {
                throw invalid("values in Header must not have control characters")
            }
        }
        return HTTPProbe(
            url: body.http,
            method: method,
            headers: body.header,
            body: body.body,
            followsRedirects: !body.disablesRedirects,
            tls: body.http.lowercased().hasPrefix("https:") ? expectation(of: body) : nil
        )
    }

    private func expectation(of body: CheckBody) -> TLSExpectation {
        TLSExpectation(serverName: body.tlsServerName, verifies: !body.tlsSkipsVerify)
    }

    private func target(_ text: String, field: String) throws -> ProbeTarget {
        guard let target = ProbeTarget(text) else {
            throw invalid("\(field) must be host:port, not \"\(text)\"")
        }
        try permit(target, field: field)
        return target
    }

    private func permit(_ target: ProbeTarget, field: String) throws {
        do {
            try rules.checkProbeTarget(target, probeTargets, field: field)
        } catch {
            throw invalid(error.description)
        }
    }

    private func invalid(_ reason: String) -> APIError {
        APIError(.badRequest, "Invalid check: \(reason)")
    }
}
