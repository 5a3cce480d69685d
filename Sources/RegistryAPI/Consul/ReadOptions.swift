internal import HTTPTypes
internal import ServiceCatalog

/// The parameters that reads of the catalog share.
struct ReadOptions: Sendable {
    /// What the client demands of the data's age.
    ///
    /// One process has one catalog, so all are the same here.
    enum Consistency: String {
        case leader
        case stale
        case consistent
    }

    var blocking: BlockingQuery
    var consistency = Consistency.leader
    var isCached = false
    /// Every one must be in the node's meta.
    var nodeMeta: [(key: String, value: String)] = []

    init(_ query: QueryParameters) throws(APIError) {
        self.blocking = try BlockingQuery(query)
        isCached = query.has("cached")
        if let text = query.first("max_stale"), !text.isEmpty, GoDuration.milliseconds(text) == nil
        {
            throw APIError(.badRequest, "Invalid max_stale value \"\(text)\"", field: "max_stale")
        }
        if query.has("consistent") {
            for other in ["stale", "cached"] where query.has(other) {
                throw APIError(
                    .badRequest,
                    "Cannot specify ?\(other) with ?consistent, conflicting semantics."
                )
            }
            consistency = .consistent
        } else if query.has("stale") || query.has("max_stale") {
            consistency = .stale
        }
        for pair in query.all("node-meta") where !pair.isEmpty {
            let halves = pair.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            nodeMeta.append((String(halves[0]), halves.count > 1 ? String(halves[1]) : ""))
        }
    }

    /// True when the node has all the meta that was asked for.
    func matches(_ node: Node) -> Bool {
        nodeMeta.allSatisfy { node.meta[$0.key] == $0.value }
    }

    /// The fields that clients read the state of the answer from.
    func headers(index: CatalogIndex) -> HTTPFields {
        var headers: HTTPFields = [
            // 0 would tell clients to start over.
            ConsulHeader.index: String(max(index, 1)),
            ConsulHeader.knownLeader: "true",
            ConsulHeader.lastContact: "0",
            ConsulHeader.effectiveConsistency: consistency.rawValue,
            ConsulHeader.queryBackend: "blocking-query",
        ]
        if isCached {
            headers[ConsulHeader.cache] = "MISS"
            headers[.age] = "0"
        }
        return headers
    }

    /// The fields beside the refusal of another datacenter, whose leader is not known here.
    static let headersOfOtherDatacenters: HTTPFields = [
        ConsulHeader.index: "1",
        ConsulHeader.knownLeader: "false",
        ConsulHeader.lastContact: "0",
    ]
}
