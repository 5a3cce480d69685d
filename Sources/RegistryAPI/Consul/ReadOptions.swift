internal import HTTPTypes
internal import ServiceCatalog

/// The parameters that reads of the catalog share.
struct ReadOptions: Sendable {
    /// What the client demands of the data's age.
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

    private let freshness: any CatalogFreshness

    init(_ query: QueryParameters, _ freshness: any CatalogFreshness) throws(APIError) {
        self.freshness = freshness
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

    /// Returns once this server has what the client demands to see.
    ///
    /// - Parameter isCoordination: what is read is what clients agree by: keys, sessions, locks. As
    ///   with Consul it is the truth, unless the client takes what is stale; everything else is there
    ///   whatever happens, unless the client wants the truth.
    /// - Throws: `APIError` when nobody can say what the truth is.
    func waitUntilCurrent(isCoordination: Bool = false) async throws(APIError) {
        guard consistency == .consistent || isCoordination && consistency == .leader else { return }
        do throws(CatalogLogError) {
            try await freshness.waitUntilCurrent()
        } catch {
            throw APIError(
                .unavailable,
                "No cluster leader: \(error)",
                hint: "with ?stale this server answers from what it has"
            )
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
            ConsulHeader.knownLeader: freshness.knowsLeader ? "true" : "false",
            ConsulHeader.lastContact: String(freshness.ageMilliseconds),
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
