package import DNSWire

/// The networks of clients that may do something; none given: all may.
package struct ClientNetworks: Hashable, Sendable {
    private let networks: [NetworkPrefix]

    package init(_ networks: [NetworkPrefix] = []) { self.networks = networks }

    /// True when `address` is in one of them; IPv4 inside IPv6 counts as IPv4.
    func admits(_ address: String?) -> Bool {
        guard !networks.isEmpty else { return true }
        guard var text = address.map({ $0[...] }) else { return false }
        let mapped = "::ffff:"
        if text.lowercased().hasPrefix(mapped), text.contains(".") {
            text = text.dropFirst(mapped.count)
        }
        guard let address = IPAddress(text) else { return false }
        return networks.contains { $0.contains(address) }
    }
}
