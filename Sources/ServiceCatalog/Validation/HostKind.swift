internal import DNSWire

/// What a text that names a host is.
package enum HostKind: Hashable, Sendable {
    case ipv4
    case ipv6
    /// `0.0.0.0` or `::`: an address that nobody can connect to.
    case unspecified
    case name

    package init(_ host: String) {
        switch IPAddress(host) {
        case nil: self = .name
        case let address? where address.isUnspecified: self = .unspecified
        case .v4: self = .ipv4
        case .v6: self = .ipv6
        }
    }
}
