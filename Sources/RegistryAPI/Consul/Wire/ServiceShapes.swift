internal import ServiceCatalog

/// What Consul says of a service that is no part of a mesh.
private let noProxy = #"{"Mode":"","MeshGateway":{},"Expose":{}}"#

extension JSONWriter {
    /// An element of `catalog/service/:name`: an instance and its node in one flat object.
    mutating func serviceNode(_ instance: ServiceInstance, on node: Node) {
        beginObject()
        field("ID", node.id)
        field("Node", node.name)
        field("Address", node.address)
        field("Datacenter", node.datacenter)
        field("TaggedAddresses", node.taggedAddresses, whenEmpty: "null")
        field("NodeMeta", node.meta, whenEmpty: "null")
        field("ServiceKind", instance.kind)
        field("ServiceID", instance.id)
        field("ServiceName", instance.service)
        field("ServiceTags", instance.tags)
        field("ServiceAddress", instance.address)
        taggedAddresses("ServiceTaggedAddresses", instance.taggedAddresses)
        weights("ServiceWeights", instance.weights)
        field("ServiceMeta", instance.meta, whenEmpty: "{}")
        field("ServicePort", instance.port)
        field("ServiceSocketPath", instance.socketPath ?? "")
        field("ServiceEnableTagOverride", instance.enableTagOverride)
        key("ServiceProxy")
        raw(noProxy)
        key("ServiceConnect")
        raw("{}")
        locality("ServiceLocality", instance.locality)
        field("CreateIndex", instance.createIndex)
        field("ModifyIndex", instance.modifyIndex)
        endObject()
    }

    /// An element of `health/service/:name`.
    mutating func endpoint(_ endpoint: ServiceEndpoint) {
        beginObject()
        key("Node")
        node(endpoint.node)
        key("Service")
        nodeService(endpoint.instance)
        key("Checks")
        checks(endpoint.checks)
        endObject()
    }

    /// The `Service` of `health/service/:name`, and an element of `catalog/node/:name`.
    mutating func nodeService(_ instance: ServiceInstance) {
        beginObject()
        if !instance.kind.isEmpty { field("Kind", instance.kind) }
        field("ID", instance.id)
        field("Service", instance.service)
        field("Tags", instance.tags)
        field("Address", instance.address)
        taggedAddresses("TaggedAddresses", instance.taggedAddresses)
        field("Meta", instance.meta, whenEmpty: "null")
        field("Port", instance.port)
        if let path = instance.socketPath { field("SocketPath", path) }
        weights("Weights", instance.weights)
        field("EnableTagOverride", instance.enableTagOverride)
        locality("Locality", instance.locality)
        key("Proxy")
        raw(noProxy)
        key("Connect")
        raw("{}")
        field("CreateIndex", instance.createIndex)
        field("ModifyIndex", instance.modifyIndex)
        endObject()
    }

    /// An element of `agent/services`.
    mutating func agentService(
        _ instance: ServiceInstance,
        datacenter: String,
        contentHash: String? = nil
    ) {
        beginObject()
        if !instance.kind.isEmpty { field("Kind", instance.kind) }
        field("ID", instance.id)
        field("Service", instance.service)
        field("Tags", instance.tags)
        field("Meta", instance.meta, whenEmpty: "{}")
        field("Port", instance.port)
        field("Address", instance.address)
        if let path = instance.socketPath { field("SocketPath", path) }
        taggedAddresses("TaggedAddresses", instance.taggedAddresses)
        weights("Weights", instance.weights)
        field("EnableTagOverride", instance.enableTagOverride)
        locality("Locality", instance.locality)
        if let contentHash { field("ContentHash", contentHash) }
        field("Datacenter", datacenter)
        endObject()
    }

    private mutating func taggedAddresses(_ name: String, _ map: [String: ServiceAddress]) {
        guard !map.isEmpty else { return }
        key(name)
        beginObject()
        for (role, address) in map.sorted(by: { $0.key < $1.key }) {
            key(role)
            beginObject()
            field("Address", address.address)
            field("Port", address.port)
            endObject()
        }
        endObject()
    }

    private mutating func locality(_ name: String, _ locality: Locality?) {
        guard let locality else { return }
        key(name)
        beginObject()
        field("Region", locality.region)
        field("Zone", locality.zone)
        endObject()
    }

    private mutating func weights(_ name: String, _ weights: ServiceWeights) {
        key(name)
        beginObject()
        field("Passing", weights.passing)
        field("Warning", weights.warning)
        endObject()
    }
}
