internal import ServiceCatalog

/// Which instances of a service a request asks for.
struct InstanceFilter: Hashable, Sendable {
    /// Only those that are up and do not drain.
    var passingOnly: Bool
    /// All of these tags, in any letter case.
    var tags: [String]

    /// Reads `passing` and `tag`.
    init(_ query: QueryParameters) throws(APIError) {
        self.passingOnly = try query.flag("passing")
        self.tags = query.all("tag").map { $0.lowercased() }
    }

    func admits(_ view: InstanceView) -> Bool {
        if passingOnly, view.health != "UP" || view.draining { return false }
        return tags.allSatisfy { tag in view.tags.contains { $0.lowercased() == tag } }
    }

    /// The instances of a service and the index that they show.
    func views(
        ofService service: String,
        in catalog: borrowing Catalog
    ) -> (index: CatalogIndex, views: [InstanceView]) {
        var views: [InstanceView] = []
        for instance in catalog.instances(ofService: service) {
            let view = InstanceView(instance, in: catalog)
            if admits(view) { views.append(view) }
        }
        return (catalog.serviceIndex(service), views)
    }
}
