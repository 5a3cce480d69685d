package import DNSResponder
internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Why DNS is not answered over an encrypted transport.
package struct EncryptedDNSError: Error, Hashable, Sendable {
    /// Nil when it is no trouble with an address.
    package var address: ListenAddress?
    package var transport: String
    package var reason: String

    init(_ error: any Error, address: ListenAddress, transport: String) {
        self.address = address
        self.transport = transport
        reason =
            switch (error as? IOError)?.errnoCode {
            case EADDRINUSE: "the address is in use by another program"
            case EACCES: "permission denied; ports below 1024 need CAP_NET_BIND_SERVICE"
            case EADDRNOTAVAIL: "it is no address of this host"
            default: "\(error)"
            }
    }

    init(_ reason: String) {
        transport = "DNS over TLS"
        self.reason = reason
    }
}

extension EncryptedDNSError: CustomStringConvertible {
    package var description: String {
        "cannot listen for \(transport)\(address.map { " on \($0)" } ?? ""): \(reason)"
    }
}
