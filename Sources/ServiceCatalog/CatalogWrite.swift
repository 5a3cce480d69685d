/// What came of a change.
package struct CatalogWrite: Hashable, Sendable {
    /// The catalog's index after the change.
    package var index: CatalogIndex
    /// What a transaction read and wrote; empty for other changes.
    package var results: [TransactionResult]

    package init(index: CatalogIndex, results: [TransactionResult] = []) {
        self.index = index
        self.results = results
    }
}
