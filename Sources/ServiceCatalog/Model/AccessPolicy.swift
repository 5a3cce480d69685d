/// Rules about who may read and write what, under a name.
package struct AccessPolicy: Codable, Hashable, Sendable {
    /// A UUID.
    package var id: String
    package var name: String
    package var description: String
    /// In the policy language, as written.
    package var rules: String
    /// Where it holds; empty for everywhere.
    package var datacenters: [String]
    package var createIndex: CatalogIndex
    package var modifyIndex: CatalogIndex

    package init(
        id: String,
        name: String,
        description: String = "",
        rules: String = "",
        datacenters: [String] = []
    ) {
        self.id = id
        self.name = name
        self.description = description
        self.rules = rules
        self.datacenters = datacenters
        self.createIndex = 0
        self.modifyIndex = 0
    }

    /// True when both say the same, whenever they were written.
    package func hasSameContent(as other: AccessPolicy) -> Bool {
        var other = other
        other.createIndex = createIndex
        other.modifyIndex = modifyIndex
        return self == other
    }
}
