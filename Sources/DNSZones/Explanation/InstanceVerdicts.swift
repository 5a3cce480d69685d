internal import DNSWire
internal import ServiceCatalog

/// Says of each instance of a service whether it is in the answer, by the rules that answers are
/// compiled by.
struct InstanceVerdicts {
    let type: RecordType
    let tag: String?
    let visibility: NameVisibility
    let onlyPassing: Bool
    let names: ServiceNames
    private(set) var verdicts: [NameExplanation.Verdict] = []
    /// The addresses that are in the answer, and whose they are.
    private var holders: [IPAddress: String] = [:]
    /// The host name that stands for the instances when none of them has an address.
    private let host: DomainName?
    private var isHostGiven = false

    /// `answered` are the instances whose records the answer is made of.
    init(
        type: RecordType,
        tag: String?,
        zone: ServiceZone.State,
        names: ServiceNames,
        answered: [Endpoint]
    ) {
        self.type = type
        self.tag = tag
        visibility = zone.visibility
        onlyPassing = zone.settings.onlyPassing
        self.names = names
        let hasAddresses = answered.contains { !$0.addresses.isEmpty }
        host = hasAddresses ? nil : answered.lazy.compactMap(\.host).first
    }

    /// Adds the next instance; `endpoint` is what answers know of it.
    mutating func add(
        _ instance: ServiceInstance,
        on node: Node,
        _ endpoint: Endpoint,
        isAnswered: Bool,
        checks: [HealthCheck]
    ) {
        let reason =
            absence(instance, node, endpoint, checks, isAnswered: isAnswered)
            ?? withoutRecord(instance, endpoint)
        verdicts.append(
            NameExplanation.Verdict(
                id: instance.id,
                node: node.name,
                host: instance.address.isEmpty ? node.address : instance.address,
                port: instance.port,
                health: endpoint.health.word,
                answered: reason == nil,
                reason: reason ?? presence(endpoint, checks)
            )
        )
    }

    /// Why the instance is not among those that are answered; nil when it is.
    private func absence(
        _ instance: ServiceInstance,
        _ node: Node,
        _ endpoint: Endpoint,
        _ checks: [HealthCheck],
        isAnswered: Bool
    ) -> String? {
        if !visibility.showsNode(node.name) {
            return "the token for DNS may not read the node \(node.name)"
        }
        if let tag, !instance.tags.contains(where: { $0.lowercased() == tag }) {
            return "it does not have the tag \"\(tag)\""
        }
        guard !isAnswered else { return nil }
        if instance.isDraining { return "it is leaving: it was deregistered with drain" }
        switch endpoint.health {
        case .critical: return Self.evidence(.critical, checks)
        case .warning where onlyPassing:
            return Self.evidence(.warning, checks) + " (dns.only_passing leaves these out)"
        case .warning, .passing: return "it is not among what is answered"
        }
    }

    /// Which checks say so, each with its output on one line.
    private static func evidence(_ status: HealthStatus, _ checks: [HealthCheck]) -> String {
        let deciding = checks.filter { $0.status == status }
        guard !deciding.isEmpty else { return "its health is \(status.rawValue)" }
        return deciding.map { check in
            let whose = check.serviceID.isEmpty ? "the node's check" : "check"
            let output = check.output.split(whereSeparator: \.isNewline).first.map { ": \($0)" }
            return "\(whose) \"\(check.name)\" is \(status.rawValue)\(output ?? "")"
        }.joined(separator: "; ")
    }

    /// Why an instance that is answered has no record of the type; nil when it has one.
    private mutating func withoutRecord(
        _ instance: ServiceInstance,
        _ endpoint: Endpoint
    ) -> String? {
        switch type {
        case .a, .aaaa: return withoutAddress(endpoint, named: instance.id)
        case .srv:
            var hasTarget = false
            endpoint.forEachTarget(names) { _ in hasTarget = true }
            return hasTarget ? nil : "its address is no name that DNS can carry"
        case .txt: return endpoint.text == nil ? "it has no metadata" : nil
        case .any: return nil
        default: return "instances have no \(type) records"
        }
    }

    private mutating func withoutAddress(_ endpoint: Endpoint, named id: String) -> String? {
        let own = endpoint.addresses.filter { $0.recordType == type }
        if let address = own.first {
            if let holder = holders[address] { return "\(holder) has the same address" }
            for address in own { holders[address] = id }
            return nil
        }
        if !endpoint.addresses.isEmpty {
            return "it has no IPv\(type == .a ? 4 : 6) address"
        }
        guard let itsHost = endpoint.host else {
            return "its address is no name that DNS can carry"
        }
        guard itsHost == host, !isHostGiven else {
            return host == nil
                ? "its address is the host name \(itsHost), and others have IP addresses"
                : "its address is a host name; an answer has one CNAME, which is \(host ?? itsHost)"
        }
        isHostGiven = true
        return nil
    }

    /// Why it is in the answer.
    private func presence(_ endpoint: Endpoint, _ checks: [HealthCheck]) -> String {
        let weight = type == .srv ? ", weight \(endpoint.weight)" : ""
        switch endpoint.health {
        case .passing:
            let count = checks.count
            let text =
                count == 0
                ? "it has no checks" : count == 1 ? "its check passes" : "its \(count) checks pass"
            return text + weight
        case .warning: return Self.evidence(.warning, checks) + weight
        // Only where too few are healthy to leave the others out.
        case .critical: return "answered although " + Self.evidence(.critical, checks) + weight
        }
    }
}
