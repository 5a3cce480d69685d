/// How far the catalog of this server may be behind the truth.
package protocol CatalogFreshness: Sendable {
    /// Returns once the catalog has every change that was acknowledged anywhere before the call.
    ///
    /// - Throws: `CatalogLogError` when nobody can say.
    func waitUntilCurrent() async throws(CatalogLogError)
    /// Since when, in milliseconds, nobody has confirmed that nothing is missing; 0 where this server
    /// is the truth.
    var ageMilliseconds: Int { get }
    /// False while there is nobody who decides.
    var knowsLeader: Bool { get }
}

/// A server that stands alone: its catalog is the truth.
package struct AlwaysCurrent: CatalogFreshness {
    package init() {}

    package func waitUntilCurrent() async throws(CatalogLogError) {}

    package var ageMilliseconds: Int { 0 }

    package var knowsLeader: Bool { true }
}
