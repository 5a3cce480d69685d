/// Fills an empty catalog with what a store kept, thing by thing, so that nobody has to hold all of
/// it beside the catalog.
///
/// Things keep the indexes they were written at. The indexes of lists and services all become
/// `index`: a watcher that comes back after a restart is told at once, never too late. Nodes come
/// before what is on them; what is on a node that is missing is left out.
package struct CatalogRestoration: ~Copyable {
    private var catalog: Catalog
    private let index: CatalogIndex

    /// Begins with `catalog`, which must be empty, as of `index`.
    package init(of catalog: consuming Catalog, index: CatalogIndex) {
        precondition(catalog.nodeRecords.isEmpty, "only an empty catalog is restored")
        self.catalog = catalog
        self.index = max(index, 1)
    }

    package mutating func add(_ node: Node) { _ = catalog.file(node, at: index) }

    package mutating func add(_ instance: ServiceInstance) {
        catalog.restore(instance, at: index)
    }

    package mutating func add(_ check: HealthCheck) {
        guard knows(check.node) else { return }
        catalog.file(check)
    }

    package mutating func add(_ entry: KeyValueEntry) { catalog.keys.set(entry) }

    package mutating func add(_ session: Session) {
        guard knows(session.node) else { return }
        catalog.file(session)
    }

    package mutating func add(_ query: PreparedQuery) { catalog.restore(query) }

    package mutating func add(_ policy: AccessPolicy) { catalog.restore(policy) }

    package mutating func add(_ token: AccessToken) { catalog.restore(token) }

    /// The catalog with all that was added.
    package consuming func finish() -> Catalog {
        catalog.finishRestoring(at: index)
        return catalog
    }

    private func knows(_ node: String) -> Bool {
        catalog.nodeRecords.read(Catalog.fold(node)) { _ in true } == true
    }
}
