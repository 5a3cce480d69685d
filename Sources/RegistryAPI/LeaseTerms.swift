/// How long leases of the native API may be.
package struct LeaseTerms: Hashable, Sendable {
    /// Used when a registrant asks for a lease without a time.
    package var defaultMilliseconds: Int
    package var minimumMilliseconds: Int
    package var maximumMilliseconds: Int

    package init(
        defaultMilliseconds: Int = 30_000,
        minimumMilliseconds: Int = 1_000,
        maximumMilliseconds: Int = 86_400_000
    ) {
        self.defaultMilliseconds = defaultMilliseconds
        self.minimumMilliseconds = minimumMilliseconds
        self.maximumMilliseconds = maximumMilliseconds
    }
}
