internal import DNSWire
internal import NIOCore

extension IPAddress {
    /// The address of a connection's other end; nil when it is none of the internet.
    ///
    /// An IPv4 address that a socket for both families shows inside an IPv6 one is the IPv4 one
    /// (RFC 4291 §2.5.5.2).
    init?(_ peer: SocketAddress?) {
        guard let text = peer?.ipAddress, let address = IPAddress(text.prefix { $0 != "%" }) else {
            return nil
        }
        if case .v6(let value) = address, value >> 32 == 0xFFFF {
            self = .v4(UInt32(truncatingIfNeeded: value))
        } else {
            self = address
        }
    }
}
