/// A secret that a client shows, and the policies that it then acts under.
package struct AccessToken: Codable, Hashable, Sendable {
    /// A UUID, which is no secret.
    package var accessorID: String
    package var secretID: String
    package var description: String
    package var policyIDs: [String]
    /// Services that it may register.
    package var serviceIdentities: [TemplatedPolicy] = []
    /// Nodes that it may register.
    package var nodeIdentities: [TemplatedPolicy] = []
    package var templatedPolicies: [TemplatedPolicy] = []
    /// As the client said it; there is one datacenter.
    package var isLocal = false
    /// True: everything is allowed, as with the policy `global-management`.
    package var isManagement: Bool
    package var createTimeMilliseconds: Int
    /// Since 1970, as the creation; nil: it does not expire.
    package var expirationTimeMilliseconds: Int?
    package var createIndex: CatalogIndex
    package var modifyIndex: CatalogIndex

    package init(
        accessorID: String,
        secretID: String,
        description: String = "",
        policyIDs: [String] = [],
        isManagement: Bool = false,
        createTimeMilliseconds: Int = 0,
        expirationTimeMilliseconds: Int? = nil
    ) {
        self.accessorID = accessorID
        self.secretID = secretID
        self.description = description
        self.policyIDs = policyIDs
        self.isManagement = isManagement
        self.createTimeMilliseconds = createTimeMilliseconds
        self.expirationTimeMilliseconds = expirationTimeMilliseconds
        self.createIndex = 0
        self.modifyIndex = 0
    }

    /// True when both say the same, whenever they were written.
    package func hasSameContent(as other: AccessToken) -> Bool {
        var other = other
        other.createIndex = createIndex
        other.modifyIndex = modifyIndex
        return self == other
    }
}
