internal import GRPCCore

/// Why etcd did not do what was asked.
struct EtcdError: Error, Hashable, CustomStringConvertible {
    enum Code: Hashable {
        /// No answer came, or etcd has no quorum; whether it did it is not known.
        case unavailable
        /// What was asked for has been compacted away.
        case compacted
        /// etcd's answer makes no sense to us, or ours none to etcd.
        case refused
        /// The user or its password is not right.
        case unauthenticated
    }

    var code: Code
    /// For people.
    var reason: String

    var description: String { reason }

    init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    /// A failed call, in etcd's words.
    init(_ error: any Error, at endpoint: EtcdEndpoint) {
        guard let error = error as? RPCError else {
            self.init(.unavailable, "\(endpoint): \(error)")
            return
        }
        let reason = "\(endpoint): \(error.message)"
        if error.message.contains("required revision has been compacted") {
            self.init(.compacted, reason)
            return
        }
        if error.message.contains("invalid auth token") || error.code == .unauthenticated
            || error.message.contains("revision of auth store is old")
        {
            self.init(.unauthenticated, reason)
            return
        }
        switch error.code {
        case .invalidArgument, .notFound, .alreadyExists, .permissionDenied, .failedPrecondition,
            .outOfRange, .unimplemented:
            self.init(.refused, reason)
        default:
            self.init(.unavailable, reason)
        }
    }
}
