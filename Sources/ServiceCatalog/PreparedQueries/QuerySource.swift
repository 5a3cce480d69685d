package import DNSWire

/// Who executes a prepared query, and what it asks for beside the query.
package struct QuerySource: Sendable {
    /// In place of the query's own `near`; empty for that.
    package var near: String
    /// The node of this server: `_agent`.
    package var localNode: String
    /// The address of who asks, or of the network for which it asks: `_ip`.
    package var address: IPAddress?
    /// How many bits of the address are known; nil: all.
    package var addressBits: Int?
    /// At most so many endpoints; 0: all.
    package var limit: Int
    /// True: only instances that speak the service mesh's protocol.
    package var connect: Bool

    package init(
        near: String = "",
        localNode: String,
        address: IPAddress? = nil,
        addressBits: Int? = nil,
        limit: Int = 0,
        connect: Bool = false
    ) {
        self.near = near
        self.localNode = localNode
        self.address = address
        self.addressBits = addressBits
        self.limit = limit
        self.connect = connect
    }

    /// Somebody whose address is the first of `texts` that is an IP address.
    package init(localNode: String, firstAddressOf texts: [String]) {
        self.init(localNode: localNode, address: texts.lazy.compactMap { IPAddress($0) }.first)
    }
}
