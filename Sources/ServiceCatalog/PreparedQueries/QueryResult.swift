/// What a prepared query found.
package struct QueryResult: Sendable {
    /// One instance that the query chose.
    package struct Endpoint: Hashable, Sendable {
        package var node: Node
        package var instance: ServiceInstance
        /// The worst of its checks, those left out that the query ignores.
        package var health: HealthStatus
        /// Its node's checks and its own; empty unless they were asked for.
        package var checks: [HealthCheck]
    }

    /// The query, with its template filled in.
    package var query: PreparedQuery
    /// The nearest first.
    package var endpoints: [Endpoint]
    /// Where the endpoints are.
    package var datacenter: String
    /// How many other datacenters were asked.
    package var failovers: Int
    /// How many instances were left out for their health.
    package var unhealthyCount: Int
    /// True when who asked decided about the order.
    package var dependsOnAddress: Bool
}
