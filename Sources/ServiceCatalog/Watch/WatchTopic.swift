/// What a watcher can wait for.
package enum WatchTopic: Hashable, Sendable {
    /// The instances of one service, their health and nodes.
    case service(String)
    /// The list of services and tags.
    case serviceList
    /// One node and all on it.
    case node(String)
    case nodeList
    /// Any check.
    case checks
    /// One key.
    case key(String)
    /// All keys that begin with a text.
    case keyPrefix(String)
    /// The list of sessions.
    case sessions
    /// The list of prepared queries.
    case preparedQueries
    /// The list of access policies.
    case accessPolicies
    /// The list of access tokens.
    case accessTokens

    /// The topics whose index `delta` moved, but for keys and their prefixes.
    ///
    /// Those are found by `WatchHub`, which knows the prefixes that somebody waits for.
    package static func touched(by delta: CatalogDelta) -> [WatchTopic] {
        var topics = delta.services.map { WatchTopic.service(Catalog.fold($0)) }
        topics += delta.nodes.map { .node(Catalog.fold($0)) }
        if delta.changesServiceList { topics.append(.serviceList) }
        if delta.changesNodeList { topics.append(.nodeList) }
        if delta.changesChecks { topics.append(.checks) }
        if delta.changesSessions { topics.append(.sessions) }
        if delta.changesPreparedQueries { topics.append(.preparedQueries) }
        if delta.changesAccessPolicies { topics.append(.accessPolicies) }
        if delta.changesAccessTokens { topics.append(.accessTokens) }
        return topics
    }

    /// The same topic as the catalog files it.
    var folded: WatchTopic {
        switch self {
        case .service(let name): .service(Catalog.fold(name))
        case .node(let name): .node(Catalog.fold(name))
        default: self
        }
    }
}

extension Catalog {
    /// The index of what `topic` shows.
    package func index(of topic: WatchTopic) -> CatalogIndex {
        switch topic {
        case .service(let name): serviceIndex(name)
        case .serviceList: serviceListIndex
        case .node(let name): nodeIndex(name)
        case .nodeList: nodeListIndex
        case .checks: checksIndex
        case .key(let key): keys.index(of: key)
        case .keyPrefix(let prefix): keys.index(ofPrefix: prefix)
        case .sessions: sessionsIndex
        case .preparedQueries: preparedQueriesIndex
        case .accessPolicies: accessPoliciesIndex
        case .accessTokens: accessTokensIndex
        }
    }
}
