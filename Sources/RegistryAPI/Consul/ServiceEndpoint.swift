internal import ServiceCatalog

/// An instance of a service with its node and, where they are wanted, the checks that decide.
struct ServiceEndpoint: Hashable, Sendable {
    var node: Node
    var instance: ServiceInstance
    var checks: [HealthCheck] = []
}
