internal import ServiceCatalog

/// `?tag=…`, which may be there several times: an instance must have all, in any letter case.
struct TagFilter: Sendable {
    private let tags: [String]

    init(_ query: QueryParameters) {
        self.tags = query.all("tag").filter { !$0.isEmpty }.map { $0.lowercased() }
    }

    func matches(_ instance: ServiceInstance) -> Bool {
        guard !tags.isEmpty else { return true }
        return tags.allSatisfy { tag in instance.tags.contains { $0.lowercased() == tag } }
    }
}
