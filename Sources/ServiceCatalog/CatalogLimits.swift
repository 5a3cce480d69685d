/// What the catalog refuses to hold more of; all are configurable.
package struct CatalogLimits: Codable, Hashable, Sendable {
    package var nodesMax = 100_000
    package var instancesMax = 2_000_000
    package var instancesPerServiceMax = 20_000
    package var checksMax = 4_000_000
    package var tagsPerInstanceMax = 64
    package var metaPairsMax = 64
    package var checksPerRegistrationMax = 64
    /// A key of meta.
    package var metaKeyBytesMax = 128
    /// A value of meta.
    package var metaValueBytesMax = 512
    /// An id, a tag, a note.
    package var textBytesMax = 4096

    package var keysMax = 5_000_000
    package var keyBytesMax = 16 << 10
    /// The value of a key.
    package var valueBytesMax = 512 << 10
    /// All keys and values of a transaction.
    package var transactionBytesMax = 512 << 10
    package var operationsPerTransactionMax = 128
    package var sessionsMax = 1_000_000
    package var preparedQueriesMax = 100_000
    package var accessPoliciesMax = 100_000
    package var accessTokensMax = 1_000_000

    package init() {}
}
