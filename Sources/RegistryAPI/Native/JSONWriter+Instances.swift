// Lists of the native API are written field by field: a general encoder takes ten times as long,
// and a service may have thousands of instances. Fields stand in alphabetical order.
extension JSONWriter {
    /// An element of `GET /services/{service}`.
    mutating func instance(_ view: InstanceView) {
        beginObject()
        key("checks")
        beginArray()
        for check in view.checks { self.check(check) }
        endArray()
        field("draining", view.draining)
        field("health", view.health)
        field("host", view.host)
        field("id", view.id)
        if let lease = view.lease {
            key("lease")
            beginObject()
            field("id", lease.id)
            field("ttl", lease.ttl)
            endObject()
        }
        field("metadata", view.metadata, whenEmpty: "{}")
        field("node", view.node)
        field("port", view.port)
        field("service", view.service)
        field("tags", view.tags)
        key("weights")
        beginObject()
        field("passing", view.weights.passing)
        field("warning", view.weights.warning)
        endObject()
        endObject()
    }

    private mutating func check(_ check: InstanceView.Check) {
        beginObject()
        field("id", check.id)
        field("name", check.name)
        field("output", check.output)
        field("scope", check.scope)
        field("status", check.status)
        field("type", check.type)
        endObject()
    }

    /// The instances of a service.
    mutating func instances(_ views: [InstanceView]) {
        beginArray()
        for view in views { instance(view) }
        endArray()
    }
}
