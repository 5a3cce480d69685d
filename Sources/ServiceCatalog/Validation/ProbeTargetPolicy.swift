package import DNSWire

/// Which addresses probes may go to.
///
/// Why: whoever may register a check makes this host send packets; link-local metadata services
/// must not be reachable that way.
package struct ProbeTargetPolicy: Hashable, Sendable {
    package var allowed: [NetworkPrefix]

    package init(allowed: [NetworkPrefix]) {
        self.allowed = allowed
    }

    /// Loopback, RFC 1918 and RFC 4193.
    package static let privateNetworks = ProbeTargetPolicy(
        allowed: [
            "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "::1/128",
        ].compactMap { NetworkPrefix($0) }
    )

    private static let linkLocal = ["169.254.0.0/16", "fe80::/10"].compactMap { NetworkPrefix($0) }

    /// True when `address` may be probed; IPv4-mapped IPv6 addresses count as IPv4.
    ///
    /// A link-local address, where clouds keep their metadata, needs an entry inside that range:
    /// a wide one such as `0.0.0.0/0` does not open it.
    package func permits(_ address: IPAddress) -> Bool {
        if case .v6(let value) = address, value >> 32 == 0xFFFF {
            return permits(.v4(UInt32(truncatingIfNeeded: value)))
        }
        let range = Self.linkLocal.first { $0.contains(address) }
        return allowed.contains { entry in
            entry.contains(address)
                && range.map { $0.contains(entry.address) && entry.bits >= $0.bits } ?? true
        }
    }
}
