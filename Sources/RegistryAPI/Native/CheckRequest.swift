internal import ServiceCatalog

/// One element of a registration's `checks`.
struct CheckRequest: Sendable {
    private static let probeNames = ["http", "tcp", "udp", "grpc", "dns", "ttl", "alias"]
    private static let commonNames = [
        "id", "name", "notes", "interval", "timeout", "failures_before_critical",
        "failures_before_warning", "successes_before_passing", "deregister_critical_after",
    ]
    /// The fields that only some probes have.
    private static let specialNames: [String: [String]] = [
        "method": ["http"], "headers": ["http"], "body": ["http"], "follow_redirects": ["http"],
        "tls": ["tcp", "grpc"], "tls_skip_verify": ["http", "tcp", "grpc"],
        "tls_server_name": ["http", "tcp", "grpc"], "query": ["dns"], "query_type": ["dns"],
        "alias_node": ["alias"],
    ]

    private static let intervalRange = 1_000...86_400_000
    private static let timeoutRange = 10...600_000

    var id: String?
    var name: String?
    var notes: String
    var definition: CheckDefinition

    /// Reads and judges one check.
    ///
    /// - Parameter instance: what the check belongs to; `http: "/path"` and `tcp: ":port"` mean it.
    init(
        _ body: JSONValue,
        path: String,
        _ instance: ServiceInstance,
        _ api: APIContext
    ) throws(FieldError) {
        let known = Self.probeNames + Self.commonNames + Self.specialNames.keys
        let fields = try JSONFields(body, path: path, known: known)
        let probes = Self.probeNames.filter { fields.value($0) != nil }
        guard let probe = probes.first, probes.count == 1 else {
            throw FieldError(
                path,
                "must have exactly one of \(Self.probeNames.joined(separator: ", "))",
                hint: "for example {\"http\": \"/health\"}"
            )
        }
        for (name, owners) in Self.specialNames.sorted(by: { $0.key < $1.key })
        where fields.value(name) != nil && !owners.contains(probe) {
            throw FieldError(
                fields.path(of: name),
                "is only for checks of type \(owners.joined(separator: ", "))"
            )
        }
        let rules = RegistrationRules(.native, limits: api.limits)
        self.id = try fields.string("id")
        if let id { try rules.checkID(id, field: fields.path(of: "id")) }
        self.name = try fields.string("name")
        if let name { try rules.checkText(name, field: fields.path(of: "name")) }
        self.notes = try fields.string("notes") ?? ""
        try rules.checkText(notes, field: fields.path(of: "notes"))
        let reader = ProbeReader(fields: fields, instance: instance, rules: rules, api: api)
        self.definition = CheckDefinition(probe: try reader.probe(probe))
        try readTimes(fields, api.checkDefaults)
        try readThresholds(fields, rules, api.checkDefaults)
    }

    private mutating func readTimes(
        _ fields: JSONFields,
        _ defaults: CheckDefaults
    ) throws(FieldError) {
        let interval =
            try Self.time(fields, "interval", Self.intervalRange) ?? defaults.intervalMilliseconds
        definition.intervalMilliseconds = interval
        definition.timeoutMilliseconds =
            try Self.time(fields, "timeout", Self.timeoutRange)
            ?? min(interval, defaults.timeoutMilliseconds)
        definition.deregisterCriticalAfterMilliseconds = try Self.time(
            fields,
            "deregister_critical_after",
            Self.intervalRange.lowerBound...Int.max
        )
    }

    private mutating func readThresholds(
        _ fields: JSONFields,
        _ rules: RegistrationRules,
        _ defaults: CheckDefaults
    ) throws(FieldError) {
        let critical =
            try fields.integer("failures_before_critical") ?? defaults.failuresBeforeCritical
        definition.failuresBeforeCritical = critical
        definition.failuresBeforeWarning =
            try fields.integer("failures_before_warning") ?? critical
        definition.successesBeforePassing =
            try fields.integer("successes_before_passing") ?? defaults.successesBeforePassing
        try rules.checkThresholds(definition, path: fields.path)
    }

    /// Reads a time in a range; a number is seconds.
    static func time(
        _ fields: JSONFields,
        _ name: String,
        _ range: ClosedRange<Int>
    ) throws(FieldError) -> Int? {
        guard let value = try fields.milliseconds(name, unitNanoseconds: 1_000_000_000) else {
            return nil
        }
        guard range.contains(value) else {
            let lowest = GoDuration.format(milliseconds: range.lowerBound)
            let highest = GoDuration.format(milliseconds: range.upperBound)
            throw FieldError(
                fields.path(of: name),
                range.upperBound == Int.max
                    ? "must be at least \(lowest)" : "must be from \(lowest) to \(highest)"
            )
        }
        return value
    }
}
