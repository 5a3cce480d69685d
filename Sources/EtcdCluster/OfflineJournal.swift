package import ServiceCatalog

/// Keeps what this server took while it was cut off, until the others have it.
package protocol OfflineJournal: Sendable {
    /// Puts a change behind those that are there, on the disk.
    ///
    /// - Throws: what the file system says; it is not kept then.
    func append(_ change: CatalogChange, milliseconds: Int64) throws
    /// All that is kept, in order.
    ///
    /// - Throws: what the file system says.
    func all() throws -> [(change: CatalogChange, milliseconds: Int64)]
    /// Forgets all.
    ///
    /// - Throws: what the file system says.
    func clear() throws
}
