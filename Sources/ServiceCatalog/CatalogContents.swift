/// All that a catalog holds, as it is stored and saved.
package struct CatalogContents: Codable, Hashable, Sendable {
    package var nodes: [Node] = []
    package var instances: [ServiceInstance] = []
    package var checks: [HealthCheck] = []
    package var entries: [KeyValueEntry] = []
    package var sessions: [Session] = []
    package var preparedQueries: [PreparedQuery] = []
    package var accessPolicies: [AccessPolicy] = []
    package var accessTokens: [AccessToken] = []

    package init() {}
}

extension Catalog {
    package var contents: CatalogContents {
        var contents = CatalogContents()
        contents.nodes = nodes
        contents.instances = contents.nodes.flatMap { instances(onNode: $0.name) }
        contents.checks = contents.nodes.flatMap { checks(onNode: $0.name) }
        contents.entries = entries
        contents.sessions = sessions
        contents.preparedQueries = preparedQueries
        contents.accessPolicies = accessPolicies
        contents.accessTokens = accessTokens
        return contents
    }
}
