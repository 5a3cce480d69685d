package import ServiceCatalog

/// How a prober of several tells the others, and is told by its server.
package struct ProberSharing: Sendable {
    /// This server's name among those that share the checks.
    package var own: String
    /// Told the number of each heartbeat that counted.
    package var noteBeat: @Sendable (UInt64) -> Void
    /// Why no heartbeat counts now; nil when they do.
    package var refusal: @Sendable () -> CatalogLogError?
    /// Asks other servers about checks.
    package var ask: @Sendable ([(check: CheckKey, of: String)]) -> Void

    package init(
        own: String,
        noteBeat: @escaping @Sendable (UInt64) -> Void,
        refusal: @escaping @Sendable () -> CatalogLogError?,
        ask: @escaping @Sendable ([(check: CheckKey, of: String)]) -> Void
    ) {
        self.own = own
        self.noteBeat = noteBeat
        self.refusal = refusal
        self.ask = ask
    }
}
