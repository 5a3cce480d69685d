/// A host with an address.
package struct Node: Codable, Hashable, Sendable {
    /// A UUID, or empty when the registrant gave none.
    package var id: String
    package var name: String
    /// An IP address or a host name.
    package var address: String
    package var datacenter: String
    /// Addresses by role: `lan`, `wan`, `lan_ipv4`, `lan_ipv6`, `wan_ipv4`, `wan_ipv6`.
    package var taggedAddresses: [String: String]
    package var meta: [String: String]
    package var createIndex: CatalogIndex
    package var modifyIndex: CatalogIndex

    package init(
        id: String = "",
        name: String,
        address: String,
        datacenter: String,
        taggedAddresses: [String: String] = [:],
        meta: [String: String] = [:]
    ) {
        self.id = id
        self.name = name
        self.address = address
        self.datacenter = datacenter
        self.taggedAddresses = taggedAddresses
        self.meta = meta
        self.createIndex = 0
        self.modifyIndex = 0
    }

    /// True when both say the same, whenever they were written.
    package func hasSameContent(as other: Node) -> Bool {
        var other = other
        other.createIndex = createIndex
        other.modifyIndex = modifyIndex
        return self == other
    }
}
