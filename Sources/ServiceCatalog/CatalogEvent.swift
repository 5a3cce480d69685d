/// What a change did to one thing of the catalog.
package enum CatalogEvent: Hashable, Sendable {
    case node(old: Node?, new: Node?)
    case instance(old: ServiceInstance?, new: ServiceInstance?)
    case check(old: HealthCheck?, new: HealthCheck?)
    // Indirect: an event of the kinds above, which come by the thousands, takes as much room as the
    // largest kind.
    indirect case keyValue(old: KeyValueEntry?, new: KeyValueEntry?)
    indirect case session(old: Session?, new: Session?)
    indirect case preparedQuery(old: PreparedQuery?, new: PreparedQuery?)
    indirect case accessPolicy(old: AccessPolicy?, new: AccessPolicy?)
    indirect case accessToken(old: AccessToken?, new: AccessToken?)
}
