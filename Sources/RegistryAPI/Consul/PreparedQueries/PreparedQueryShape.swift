internal import ServiceCatalog

extension JSONWriter {
    /// An element of `query`, and the `Query` of `query/:id/explain`.
    mutating func preparedQuery(_ query: PreparedQuery) {
        beginObject()
        field("ID", query.id)
        field("Name", query.name)
        field("Session", query.session)
        field("Token", query.token)
        key("Template")
        beginObject()
        field("Type", query.template?.type ?? "")
        field("Regexp", query.template?.regexp ?? "")
        field("RemoveEmptyTags", query.template?.removeEmptyTags ?? false)
        endObject()
        key("Service")
        service(query.service)
        dns(ttl: query.dnsTTL)
        field("CreateIndex", query.createIndex)
        field("ModifyIndex", query.modifyIndex)
        endObject()
    }

    private mutating func service(_ service: PreparedQuery.Service) {
        beginObject()
        field("Service", service.service)
        field("SamenessGroup", "")
        key("Failover")
        beginObject()
        field("NearestN", service.failover.nearestN)
        orNull("Datacenters", service.failover.datacenters)
        key("Targets")
        targets(service.failover.targets)
        endObject()
        field("OnlyPassing", service.onlyPassing)
        orNull("IgnoreCheckIDs", service.ignoreCheckIDs)
        field("Near", service.near)
        orNull("Tags", service.tags)
        field("NodeMeta", service.nodeMeta, whenEmpty: "null")
        field("ServiceMeta", service.serviceMeta, whenEmpty: "null")
        field("Connect", service.connect)
        field("Peer", service.peer)
        endObject()
    }

    private mutating func targets(_ targets: [PreparedQuery.Failover.Target]) {
        guard !targets.isEmpty else { return null() }
        beginArray()
        for target in targets {
            beginObject()
            field("Peer", target.peer)
            field("Datacenter", target.datacenter)
            endObject()
        }
        endArray()
    }

    private mutating func orNull(_ name: String, _ texts: [String]) {
        key(name)
        if texts.isEmpty { null() } else { strings(texts) }
    }

    private mutating func dns(ttl: String) {
        key("DNS")
        beginObject()
        field("TTL", ttl)
        endObject()
    }

    /// The answer of `query/:id/execute`.
    mutating func queryResult(_ result: QueryResult, _ options: ReadOptions) {
        beginObject()
        field("Service", result.query.service.service)
        key("Nodes")
        beginArray()
        for endpoint in result.endpoints {
            beginObject()
            key("Node")
            node(endpoint.node)
            key("Service")
            nodeService(endpoint.instance)
            key("Checks")
            checks(endpoint.checks)
            endObject()
        }
        endArray()
        dns(ttl: result.query.dnsTTL)
        field("Datacenter", result.datacenter)
        field("Failovers", result.failovers)
        queryMeta(options)
        endObject()
    }

    /// The answer of `query/:id/explain`.
    mutating func queryExplanation(_ query: PreparedQuery, _ options: ReadOptions) {
        beginObject()
        key("Query")
        preparedQuery(query)
        queryMeta(options)
        endObject()
    }

    /// What Consul repeats of the header fields in these two answers.
    private mutating func queryMeta(_ options: ReadOptions) {
        field("Index", 0)
        field("LastContact", 0)
        field("KnownLeader", true)
        field("ConsistencyLevel", options.consistency.rawValue)
        field("NotModified", false)
        field("Backend", 0)
        field("ResultsFilteredByACLs", false)
    }
}
