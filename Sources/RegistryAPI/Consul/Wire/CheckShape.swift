internal import ServiceCatalog

extension JSONWriter {
    /// A check as all endpoints show it; `agent/health` alone leaves its type out.
    mutating func check(_ check: HealthCheck, showsType: Bool = true) {
        beginObject()
        field("Node", check.node)
        field("CheckID", check.id)
        field("Name", check.name)
        field("Status", check.status.rawValue)
        field("Notes", check.notes)
        field("Output", check.output)
        field("ServiceID", check.serviceID)
        field("ServiceName", check.serviceName)
        field("ServiceTags", check.serviceTags)
        field("Type", showsType ? check.consulType : "")
        field("Interval", check.intervalText)
        field("Timeout", check.timeoutText)
        field("ExposedPort", 0)
        key("Definition")
        raw(check.reportedDefinition ?? "{}")
        field("CreateIndex", check.createIndex)
        field("ModifyIndex", check.modifyIndex)
        endObject()
    }

    mutating func checks(_ checks: [HealthCheck], showsType: Bool = true) {
        beginArray()
        for check in checks { self.check(check, showsType: showsType) }
        endArray()
    }
}

extension HealthCheck {
    /// True for the checks that put an instance or a node into maintenance.
    var isMaintenance: Bool {
        id == Self.nodeMaintenanceID || id == Self.serviceMaintenanceID(serviceID)
    }

    /// The type as Consul names it; empty when somebody else reports the status.
    var consulType: String {
        guard let definition else { return reportedType ?? (isMaintenance ? "maintenance" : "") }
        let name = definition.typeName
        return name == "https" ? "http" : name
    }

    /// The time between probes as Go writes it; empty for a check that is not probed.
    var intervalText: String {
        definition?.probeTimes.map { GoDuration.format(milliseconds: $0.interval) } ?? ""
    }

    /// The time that a probe may take as Go writes it; empty for a check that is not probed.
    var timeoutText: String {
        definition?.probeTimes.map { GoDuration.format(milliseconds: $0.timeout) } ?? ""
    }
}

extension CheckDefinition {
    /// The times of a check that is probed; nil for one that waits for reports or follows others.
    fileprivate var probeTimes: (interval: Int, timeout: Int)? {
        switch probe {
        case .ttl, .alias: nil
        default: (intervalMilliseconds, timeoutMilliseconds)
        }
    }
}
