internal import ServiceCatalog

// The fields that each kind of answer has, as Consul 1.21 lists them. What this server does not
// have is empty, so that an expression about it is answered and not refused.

extension FilterSchema where Root == Node {
    static let node = FilterSchema()
        .text("ID") { $0.id }
        .text("Node") { $0.name }
        .text("Address") { $0.address }
        .text("Datacenter") { $0.datacenter }
        .text("PeerName") { _ in "" }
        .pairs("TaggedAddresses") { $0.taggedAddresses }
        .pairs("Meta") { $0.meta }
}

extension FilterSchema where Root == ServiceAddress {
    static let serviceAddress = FilterSchema()
        .text("Address") { $0.address }
        .number("Port") { $0.port }
}

extension FilterSchema where Root == ServiceWeights {
    static let weights = FilterSchema()
        .number("Passing") { $0.passing }
        .number("Warning") { $0.warning }
}

extension FilterSchema where Root == ServiceInstance {
    /// A service of a node, and the `Service` of an endpoint.
    static let nodeService = FilterSchema()
        .text("Kind") { $0.kind }
        .text("ID") { $0.id }
        .text("Service") { $0.service }
        .texts("Tags") { $0.tags }
        .text("Address") { $0.address }
        .things("TaggedAddresses", .serviceAddress) { $0.taggedAddresses }
        .pairs("Meta") { $0.meta }
        .number("Port") { $0.port }
        .text("SocketPath") { _ in "" }
        .thing("Weights", .weights) { $0.weights }
        .flag("EnableTagOverride") { $0.enableTagOverride }
        .text("PeerName") { _ in "" }
        .thing("Proxy", .noProxy) { _ in NoProxy() }
        .thing("Connect", .noConnect) { _ in NoConnect() }
}

extension FilterSchema where Root == NoProxy {
    /// The proxy of a service that is no part of a mesh.
    static let noProxy = FilterSchema()
        .text("DestinationServiceName") { _ in "" }
        .text("DestinationServiceID") { _ in "" }
        .text("LocalServiceAddress") { _ in "" }
        .number("LocalServicePort") { _ in 0 }
        .text("Mode") { _ in "" }
        .thing("MeshGateway", .noMeshGateway) { _ in NoMeshGateway() }
}

extension FilterSchema where Root == NoMeshGateway {
    static let noMeshGateway = FilterSchema().text("Mode") { _ in "" }
}

extension FilterSchema where Root == NoConnect {
    static let noConnect = FilterSchema().flag("Native") { _ in false }
}

/// What a service without a mesh has in the place of its parts in one.
struct NoProxy: Sendable {}
struct NoMeshGateway: Sendable {}
struct NoConnect: Sendable {}

extension FilterSchema where Root == ServiceEndpoint {
    /// An element of `catalog/service`, whose fields stand side by side.
    static let serviceNode = FilterSchema()
        .text("ID") { $0.node.id }
        .text("Node") { $0.node.name }
        .text("Address") { $0.node.address }
        .text("Datacenter") { $0.node.datacenter }
        .pairs("TaggedAddresses") { $0.node.taggedAddresses }
        .pairs("NodeMeta") { $0.node.meta }
        .text("ServiceKind") { $0.instance.kind }
        .text("ServiceID") { $0.instance.id }
        .text("ServiceName") { $0.instance.service }
        .texts("ServiceTags") { $0.instance.tags }
        .text("ServiceAddress") { $0.instance.address }
        .things("ServiceTaggedAddresses", .serviceAddress) { $0.instance.taggedAddresses }
        .thing("ServiceWeights", .weights) { $0.instance.weights }
        .pairs("ServiceMeta") { $0.instance.meta }
        .number("ServicePort") { $0.instance.port }
        .text("ServiceSocketPath") { _ in "" }
        .flag("ServiceEnableTagOverride") { $0.instance.enableTagOverride }
        .text("PeerName") { _ in "" }
        .thing("ServiceProxy", .noProxy) { _ in NoProxy() }
        .thing("ServiceConnect", .noConnect) { _ in NoConnect() }

    /// An element of `health/service`.
    static let health = FilterSchema()
        .thing("Node", .node) { $0.node }
        .thing("Service", .nodeService) { $0.instance }
        .list("Checks", .check) { $0.checks }
}

extension FilterSchema where Root == HealthCheck {
    static let check = FilterSchema()
        .text("Node") { $0.node }
        .text("CheckID") { $0.id }
        .text("Name") { $0.name }
        .text("Status") { $0.status.rawValue }
        .text("Notes") { $0.notes }
        .text("Output") { $0.output }
        .text("ServiceID") { $0.serviceID }
        .text("ServiceName") { $0.serviceName }
        .texts("ServiceTags") { $0.serviceTags }
        .text("Type") { $0.consulType }
        .text("Interval") { $0.intervalText }
        .text("Timeout") { $0.timeoutText }
        .number("ExposedPort") { _ in 0 }
        .text("PeerName") { _ in "" }
}

extension FilterSchema where Root == MemberView {
    static let member = FilterSchema()
        .text("Name") { $0.name }
        .text("Addr") { $0.address }
        .number("Port") { $0.port }
        .pairs("Tags") { $0.tags }
        .number("Status") { $0.status }
        .number("ProtocolMin") { $0.protocolMin }
        .number("ProtocolMax") { $0.protocolMax }
        .number("ProtocolCur") { $0.protocolCurrent }
        .number("DelegateMin") { $0.delegateMin }
        .number("DelegateMax") { $0.delegateMax }
        .number("DelegateCur") { $0.delegateCurrent }
}
