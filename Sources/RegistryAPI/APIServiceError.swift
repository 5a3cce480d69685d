/// Why the HTTP server does not run.
package struct APIServiceError: Error, Hashable, Sendable {
    /// What kind of trouble it is.
    package enum Code: Hashable, Sendable {
        case addressInUse
        case permissionDenied
        /// The address is no address of this host, or no address at all.
        case addressUnusable
        case other
    }

    package var code: Code
    /// `host:port` as configured.
    package var address: String
    /// What the system said.
    package var reason: String
}

extension APIServiceError: CustomStringConvertible {
    package var description: String {
        switch code {
        case .addressInUse:
            "cannot listen for HTTP on \(address): the address is in use by another program"
        case .permissionDenied:
            "cannot listen for HTTP on \(address): permission denied; ports below 1024 need "
                + "CAP_NET_BIND_SERVICE"
        case .addressUnusable:
            "cannot listen for HTTP on \(address): it is no address of this host (\(reason))"
        case .other:
            "cannot listen for HTTP on \(address): \(reason)"
        }
    }
}
