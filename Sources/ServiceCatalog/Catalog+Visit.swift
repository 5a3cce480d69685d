extension Catalog {
    /// Calls `body` with each instance of a service in order of node name, then instance id, with
    /// its node and the worst of the checks that decide about it.
    ///
    /// Why: who looks at all instances of a service needs all three, and here none of them is
    /// looked up by a key.
    package func forEachInstance(
        ofService name: String,
        _ body: (ServiceInstance, Node, HealthStatus) -> Void
    ) {
        for instance in instances(ofService: name) {
            guard let node = node(instance.node) else { continue }
            body(instance, node, health(instance.key))
        }
    }
}
