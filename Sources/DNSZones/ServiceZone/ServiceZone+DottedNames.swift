internal import ServiceCatalog

/// Who answers at a name that can be read in two ways.
///
/// `a.b.service` is the tag `a` of the service `b`, as Consul reads it, or else the service `a.b`.
/// The shortest service name that has instances there wins.
extension ServiceZone {
    /// True when a service with a shorter name than the last `count` of `labels` has instances at
    /// the name of all `labels`.
    func isTaken(_ labels: [String], fromServiceOf count: Int, _ catalog: borrowing Catalog) -> Bool
    {
        for shorter in 1..<max(count, 1) {
            let (service, tag) = Self.reading(labels, serviceLabels: shorter)
            if !endpoints(ofService: service, tag: tag, catalog).isEmpty { return true }
        }
        return false
    }

    /// The service with a longer name than the last `count` of `labels` that has instances at the
    /// name of all `labels`.
    func heir(
        _ labels: [String],
        ofServiceOf count: Int,
        _ catalog: borrowing Catalog
    ) -> (service: String, endpoints: [Endpoint])? {
        guard count < labels.count else { return nil }
        for longer in (count + 1)...labels.count {
            let (service, tag) = Self.reading(labels, serviceLabels: longer)
            let found = endpoints(ofService: service, tag: tag, catalog)
            if !found.isEmpty { return (service, found) }
        }
        return nil
    }

    static func reading(
        _ labels: [String],
        serviceLabels count: Int
    ) -> (service: String, tag: String?) {
        let tag = labels.dropLast(count).joined(separator: ".")
        return (labels.suffix(count).joined(separator: "."), tag.isEmpty ? nil : tag)
    }

    /// The instances of a service that may be shown, or those with a tag.
    func endpoints(
        ofService service: String,
        tag: String?,
        _ catalog: borrowing Catalog
    ) -> [Endpoint] {
        guard catalog.hasService(service) else { return [] }
        let all = collected(service, catalog).shown
        guard let tag = tag?.lowercased() else { return all }
        return all.filter { $0.tags.contains { $0.lowercased() == tag } }
    }
}
