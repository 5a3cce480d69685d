package import DNSWire

extension Node {
    /// The node's IP addresses, at most one a family; empty when it has a host name.
    package var ipAddresses: [IPAddress] {
        IPAddress.ipAddresses(of: address) { taggedAddresses[$0] }
    }
}

extension ServiceInstance {
    /// The instance's own IP addresses, at most one a family; empty when it has a host name or
    /// none.
    package var ipAddresses: [IPAddress] {
        IPAddress.ipAddresses(of: address) { taggedAddresses[$0]?.address }
    }
}

extension IPAddress {
    /// `address`, and the tagged address of the other family if there is one.
    fileprivate static func ipAddresses(
        of address: String,
        tagged: (String) -> String?
    ) -> [IPAddress] {
        guard let first = IPAddress(address) else { return [] }
        let other: IPAddress? =
            switch first {
            case .v4: tagged("lan_ipv6").flatMap { IPAddress($0) }
            case .v6: tagged("lan_ipv4").flatMap { IPAddress($0) }
            }
        guard let other, other.recordType != first.recordType else { return [first] }
        return [first, other]
    }
}
