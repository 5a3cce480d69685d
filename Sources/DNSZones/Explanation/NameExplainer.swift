package import DNSWire
package import ServiceCatalog

/// Explains to people why a question is answered as it is.
///
/// Reads the same catalog, settings and rules that answers are compiled by, at one moment. Cost: in
/// proportion to the instances of the service, under the catalog's lock.
package struct NameExplainer: Sendable {
    private let zone: ServiceZone
    private let fallback: AuthoritativeFallback
    private let keeper: CatalogKeeper
    private let queries: QueryExecutor
    private let localNode: String

    /// `localNode` is the node that a prepared query's `_agent` means.
    package init(
        zone: ServiceZone,
        fallback: AuthoritativeFallback,
        keeper: CatalogKeeper,
        queries: QueryExecutor,
        localNode: String
    ) {
        self.zone = zone
        self.fallback = fallback
        self.keeper = keeper
        self.queries = queries
        self.localNode = localNode
    }

    /// Explains the answer to one question.
    package func explain(_ name: DomainName, _ type: RecordType) -> NameExplanation {
        if let file = fallback.current.zone(enclosing: name),
            !fallback.current.isCarvedOut(name, of: file)
        {
            return explanation(
                name,
                type,
                .zoneFile,
                "the zone file of \(file.apex) has a say here, the catalog has none"
            )
        }
        if let address = IPAddress(enclosingReverseName: name) {
            return explainOwners(of: address, name, type, .reverse)
        }
        guard let reading = CatalogNameReading(name, in: zone.domains) else {
            let domains = zone.domains.map(\.domain.description).joined(separator: ", ")
            return explanation(
                name,
                type,
                .outside,
                "no zone served here has this name; the catalog is below \(domains)"
            )
        }
        if let other = reading.otherDatacenter {
            return explanation(
                name,
                type,
                .nothing,
                "\"\(other)\" is not a datacenter known here; this one is \(reading.names.datacenter)"
            )
        }
        switch reading.kind {
        case .zone:
            return explanation(
                name,
                type,
                .zone,
                "the name exists for the names below it, such as web.service.\(reading.names.domain)"
            )
        case .other:
            return explanation(
                name,
                type,
                .nothing,
                "names below \(reading.names.domain) end in service, node, addr or query"
            )
        case .service(let path, let tag, let isUnderscored):
            return keeper.read { catalog in
                let found = service(path, tag: tag, isUnderscored: isUnderscored, catalog)
                return explainService(found, name, type, reading.names, catalog)
            }
        case .node(let node): return explainNode(node, name, type, reading)
        case .address(let digits): return explainAddress(digits, name, type)
        case .query: return explainQuery(name, type)
        }
    }

    private func explanation(
        _ name: DomainName,
        _ type: RecordType,
        _ kind: NameExplanation.Kind,
        _ summary: String
    ) -> NameExplanation {
        NameExplanation(
            name: name.description,
            type: type.description,
            kind: kind,
            summary: summary
        )
    }

    // MARK: Services

    /// The service and the tag that a path stands for, as names with dots are read: the shortest
    /// service name that has instances there, else the shortest that is known.
    private func service(
        _ path: [String],
        tag: String?,
        isUnderscored: Bool,
        _ catalog: borrowing Catalog
    ) -> (service: String, tag: String?) {
        if isUnderscored { return (path.joined(separator: "."), tag) }
        var known: (service: String, tag: String?)?
        for count in 1...path.count {
            let (service, tag) = ServiceZone.reading(path, serviceLabels: count)
            guard catalog.hasService(service) else { continue }
            if !zone.endpoints(ofService: service, tag: tag, catalog).isEmpty {
                return (service, tag)
            }
            if known == nil { known = (service, tag) }
        }
        return known ?? (path.joined(separator: "."), nil)
    }

    private func explainService(
        _ found: (service: String, tag: String?),
        _ name: DomainName,
        _ type: RecordType,
        _ names: ServiceNames,
        _ catalog: borrowing Catalog
    ) -> NameExplanation {
        let state = zone.current
        let service = catalog.serviceName(Catalog.fold(found.service)) ?? found.service
        guard catalog.hasService(service) else {
            return explanation(
                name,
                type,
                .nothing,
                "no service \"\(service)\" is registered"
            )
        }
        let all = zone.endpoints(ofService: service, tag: found.tag, catalog)
        let onlyPassing = state.settings.onlyPassing
        let answered = AnsweredEndpoints(all, of: service, state.settings)
        var verdicts = InstanceVerdicts(
            type: type,
            tag: found.tag,
            zone: state,
            names: names,
            answered: answered.endpoints
        )
        catalog.forEachInstance(ofService: service) { instance, node, health in
            let endpoint = Endpoint(
                instance,
                on: node,
                health: health,
                isInMaintenance: zone.isInMaintenance(instance, health: health, catalog)
            ) { zone.isName($0, of: instance) }
            verdicts.add(
                instance,
                on: node,
                endpoint,
                isAnswered: answered.isPanic
                    ? !endpoint.isWithheld : endpoint.isAnswered(onlyPassing: onlyPassing),
                checks: catalog.decidingChecks(instance.key)
            )
        }
        var explanation = explanation(name, type, .service, "")
        explanation.service = service
        explanation.tag = found.tag
        if state.visibility.showsService(service) {
            explanation.instances = verdicts.verdicts
            explanation.summary = Self.summary(verdicts.verdicts, type, hasNames: !all.isEmpty)
            explanation.remarks = Self.limits(of: service, type, state.settings)
            if answered.isPanic, let note = answered.note {
                explanation.remarks.append(note.extraText)
            }
        } else {
            explanation.summary = "the token for DNS may not read the service \"\(service)\""
        }
        return explanation
    }

    private static func summary(
        _ verdicts: [NameExplanation.Verdict],
        _ type: RecordType,
        hasNames: Bool
    ) -> String {
        let answered = verdicts.count(where: \.answered)
        guard hasNames else { return "no instance has this name, so that it does not exist" }
        return "\(answered) of \(verdicts.count) instances \(answered == 1 ? "is" : "are")"
            + " in the answer for \(type)"
    }

    private static func limits(
        of service: String,
        _ type: RecordType,
        _ settings: ServiceZoneSettings
    ) -> [String] {
        var remarks: [String] = []
        let addresses = settings.limits.addressesMax(service)
        if addresses > 0, type == .a || type == .aaaa {
            remarks.append(
                "each client gets \(addresses) of the addresses at most (dns.a_record_limit)"
            )
        }
        if settings.limits.smallReplyMax > 0 {
            remarks.append(
                "a UDP answer of 512 bytes has \(settings.limits.smallReplyMax) records at most"
                    + " (dns.udp_answer_limit)"
            )
        }
        return remarks
    }

    // MARK: Other names of the catalog

    private func explainNode(
        _ node: String,
        _ name: DomainName,
        _ type: RecordType,
        _ reading: CatalogNameReading
    ) -> NameExplanation {
        let found = keeper.read { $0.node(node) ?? $0.node(id: node) }
        guard let found else {
            return explanation(name, type, .nothing, "no node \"\(node)\" is registered")
        }
        guard zone.visibility.showsNode(found.name) else {
            let summary = "the token for DNS may not read the node \(found.name)"
            var result = explanation(name, type, .node, summary)
            result.node = found.name
            return result
        }
        let summary = "the node \(found.name) has the address \(found.address)"
        var result = explanation(name, type, .node, summary)
        result.node = found.name
        result.remarks = ["nodes are answered whatever their health is"]
        return result
    }

    private func explainAddress(
        _ digits: String,
        _ name: DomainName,
        _ type: RecordType
    ) -> NameExplanation {
        guard let address = IPAddress(hexadecimal: digits) else {
            let summary = "an address is 8 or 32 hexadecimal digits, found \"\(digits)\""
            return explanation(name, type, .nothing, summary)
        }
        return explainOwners(of: address, name, type, .address)
    }

    /// Who has an address, as far as DNS may show them.
    private func explainOwners(
        of address: IPAddress,
        _ name: DomainName,
        _ type: RecordType,
        _ kind: NameExplanation.Kind
    ) -> NameExplanation {
        let visibility = zone.visibility
        let owners = keeper.read { catalog -> [String] in
            guard let owners = catalog.owners(of: address) else { return [] }
            let nodes = owners.nodes.first(Self.ownersMax) { (key: String) -> String? in
                catalog.node(key).flatMap { visibility.showsNode($0.name) ? $0.name : nil }
                    .map { "the node \($0)" }
            }
            let services = owners.services.first(Self.ownersMax) { (key: String) -> String? in
                catalog.serviceName(key).flatMap { visibility.showsService($0) ? $0 : nil }
                    .map { "an instance of \($0)" }
            }
            return nodes + services
        }
        guard !owners.isEmpty else {
            let summary = "no node and no instance that DNS may show has the address \(address)"
            return explanation(name, type, .nothing, summary)
        }
        let summary = "\(address) is the address of \(owners.joined(separator: ", "))"
        return explanation(name, type, kind, summary)
    }

    /// Owners of an address that are named, of each kind.
    private static let ownersMax = 8

    private func explainQuery(_ name: DomainName, _ type: RecordType) -> NameExplanation {
        guard let asked = PreparedQueryName(name, in: zone.domains), let query = asked.query else {
            return explanation(name, type, .nothing, "no prepared query can have this name")
        }
        let visibility = zone.visibility
        let result: QueryResult?
        do {
            result = try queries.execute(
                query,
                from: QuerySource(localNode: localNode, address: nil),
                wantsChecks: true
            ) { visibility.showsService($0.service) && visibility.showsNode($0.node) }
        } catch {
            return explanation(name, type, .query, "the query cannot be executed: \(error)")
        }
        guard let result else {
            return explanation(name, type, .nothing, "no prepared query \"\(query)\" is known")
        }
        let endpoints = result.endpoints.map { found in
            Endpoint(found.instance, on: found.node, health: found.health) { $0 == name }
        }
        var names = asked.names
        names.datacenter = result.datacenter
        var verdicts = InstanceVerdicts(
            type: type,
            tag: nil,
            zone: zone.current,
            names: names,
            answered: endpoints
        )
        for (found, endpoint) in zip(result.endpoints, endpoints) {
            verdicts.add(
                found.instance,
                on: found.node,
                endpoint,
                isAnswered: true,
                checks: found.checks
            )
        }
        var explanation = explanation(name, type, .query, "")
        explanation.service = result.query.service.service
        explanation.summary =
            "the prepared query found \(result.endpoints.count) instances of "
            + "\(result.query.service.service) in \(result.datacenter)"
            + " and left out \(result.unhealthyCount) for their health"
        explanation.remarks = ["order and failover may depend on who asks"]
        explanation.instances = verdicts.verdicts
        return explanation
    }
}
