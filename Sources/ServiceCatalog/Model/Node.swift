/// A host with an address.
///
/// A value behind one shared reference, as `ServiceInstance` is and for the same reasons.
package struct Node: Hashable, Sendable {
    /// The names are those of the coded form.
    private struct Content: Codable, Hashable, Sendable {
        var id: String
        var name: String
        var address: String
        var datacenter: String
        var taggedAddresses: [String: String]
        var meta: [String: String]
        var createIndex: CatalogIndex = 0
        var modifyIndex: CatalogIndex = 0
    }

    private var shared: SharedValue<Content>

    package init(
        id: String = "",
        name: String,
        address: String,
        datacenter: String,
        taggedAddresses: [String: String] = [:],
        meta: [String: String] = [:]
    ) {
        shared = SharedValue(
            Content(
                id: id,
                name: name,
                address: address,
                datacenter: datacenter,
                taggedAddresses: taggedAddresses,
                meta: meta
            )
        )
    }

    private mutating func update(_ change: (inout Content) -> Void) {
        var content = shared.value
        change(&content)
        shared = SharedValue(content)
    }

    /// True when both say the same, whenever they were written.
    package func hasSameContent(as other: Node) -> Bool {
        if shared === other.shared { return true }
        var content = other.shared.value
        content.createIndex = createIndex
        content.modifyIndex = modifyIndex
        return shared.value == content
    }
}

extension Node: Codable {
    package init(from decoder: any Decoder) throws {
        shared = SharedValue(try Content(from: decoder))
    }

    package func encode(to encoder: any Encoder) throws { try shared.value.encode(to: encoder) }
}

// MARK: - Properties

extension Node {
    /// A UUID, or empty when the registrant gave none.
    package var id: String {
        get { shared.value.id }
        set { update { $0.id = newValue } }
    }

    package var name: String {
        get { shared.value.name }
        set { update { $0.name = newValue } }
    }

    /// An IP address or a host name.
    package var address: String {
        get { shared.value.address }
        set { update { $0.address = newValue } }
    }

    package var datacenter: String {
        get { shared.value.datacenter }
        set { update { $0.datacenter = newValue } }
    }

    /// Addresses by role: `lan`, `wan`, `lan_ipv4`, `lan_ipv6`, `wan_ipv4`, `wan_ipv6`.
    package var taggedAddresses: [String: String] {
        get { shared.value.taggedAddresses }
        set { update { $0.taggedAddresses = newValue } }
    }

    package var meta: [String: String] {
        get { shared.value.meta }
        set { update { $0.meta = newValue } }
    }

    package var createIndex: CatalogIndex {
        get { shared.value.createIndex }
        set { update { $0.createIndex = newValue } }
    }

    package var modifyIndex: CatalogIndex {
        get { shared.value.modifyIndex }
        set { update { $0.modifyIndex = newValue } }
    }
}
