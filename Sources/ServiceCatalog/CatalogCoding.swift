/// Turns changes and whole catalogs into bytes and back, for a store that knows only bytes.
///
/// Every server of a cluster must read what every other one writes.
package protocol CatalogCoding: Sendable {
    /// Writes the first of `changes`, at least one, as far as they fit into `bytesMax`.
    ///
    /// - Returns: the bytes, and how many changes are in them.
    /// - Throws: an encoder's error.
    func encode(
        _ changes: some Collection<CatalogChange>,
        bytesMax: Int
    ) throws -> (bytes: [UInt8], count: Int)

    /// Reads what `encode` wrote.
    ///
    /// - Throws: what is wrong with the bytes, such as a checksum.
    func changes(in bytes: [UInt8]) throws -> [CatalogChange]

    /// Writes a catalog and named texts in pieces of a few hundred KiB.
    ///
    /// - Throws: an encoder's error, or what `piece` throws.
    func encode(
        _ catalog: Catalog,
        facts: [String: String],
        piece: ([UInt8]) throws -> Void
    ) throws

    /// Reads the pieces, in their order, into an empty catalog as of `index`.
    ///
    /// - Throws: what is wrong with them.
    func catalog(
        in pieces: [[UInt8]],
        into empty: consuming Catalog,
        index: CatalogIndex
    ) throws -> (catalog: Catalog, facts: [String: String])
}

/// The catalog as this server last knew it, in a folder of its own.
///
/// Why: a server of a cluster starts and answers from it while the cluster's store is down.
package protocol CatalogCopies: Sendable {
    /// Writes a copy as of `revision`, whole or not at all.
    ///
    /// - Throws: what the file system says.
    func write(_ catalog: Catalog, facts: [String: String], revision: UInt64) throws

    /// The newest copy that is whole; nil when there is none.
    func newest(_ empty: Catalog) -> (catalog: Catalog, facts: [String: String], revision: UInt64)?
}
