package import DNSWire

/// Addresses of one thing at which the same port is served, at most one a family.
package struct AddressGroup: Hashable, Sendable {
    package var addresses: [IPAddress]
    package var port: Int

    package init(addresses: [IPAddress], port: Int) {
        self.addresses = addresses
        self.port = port
    }
}

extension Node {
    /// The node's IP addresses, at most one a family; empty when it has a host name.
    package var ipAddresses: [IPAddress] {
        IPAddress.byFamily(of: address) { taggedAddresses[$0] }
    }
}

extension ServiceInstance {
    /// The instance's own IP addresses, at most one a family; empty when it has a host name or
    /// none.
    package var ipAddresses: [IPAddress] {
        IPAddress.byFamily(of: address) { taggedAddresses[$0]?.address }
    }

    /// The same addresses by port: a tagged address may have a port of its own.
    package var addressGroups: [AddressGroup] {
        let addresses = ipAddresses
        let ports = addresses.map { port(of: $0) }
        guard let first = ports.first else { return [] }
        if ports.allSatisfy({ $0 == first }) {
            return [AddressGroup(addresses: addresses, port: first)]
        }
        return zip(addresses, ports).map { AddressGroup(addresses: [$0], port: $1) }
    }

    /// The addresses that are the instance's own, in the groups of `addressGroups`.
    ///
    /// Cost: without tagged addresses one address is read and no group is compared.
    var ownAddresses: [[IPAddress]] {
        guard hasExtras, !taggedAddresses.isEmpty else {
            guard !address.isEmpty, let own = IPAddress(address) else { return [] }
            return [[own]]
        }
        return addressGroups.map(\.addresses)
    }

    /// True when both have the same addresses in the same groups, as far as one sees without
    /// reading them.
    func hasSameAddresses(as other: ServiceInstance) -> Bool {
        guard address == other.address else { return false }
        guard hasExtras || other.hasExtras else { return true }
        return taggedAddresses == other.taggedAddresses
            && (taggedAddresses.isEmpty || port == other.port)
    }

    private func port(of address: IPAddress) -> Int {
        guard let tagged = taggedAddresses[address.tag], tagged.port > 0,
            self.address != tagged.address, IPAddress(tagged.address) == address
        else { return port }
        return tagged.port
    }
}

extension IPAddress {
    /// The role of an address in its own network, by family.
    fileprivate var tag: String {
        switch self {
        case .v4: "lan_ipv4"
        case .v6: "lan_ipv6"
        }
    }

    /// The tagged address of each family, else `address`; the family of `address` comes first.
    fileprivate static func byFamily(
        of address: String,
        tagged: (String) -> String?
    ) -> [IPAddress] {
        let main = IPAddress(address)
        var v4 = tagged("lan_ipv4").flatMap { IPAddress($0) }
        var v6 = tagged("lan_ipv6").flatMap { IPAddress($0) }
        if v4?.recordType != .a { v4 = nil }
        if v6?.recordType != .aaaa { v6 = nil }
        switch main {
        case .v4: return [v4 ?? main, v6].compactMap { $0 }
        case .v6: return [v6 ?? main, v4].compactMap { $0 }
        case nil: return [v4, v6].compactMap { $0 }
        }
    }
}
