internal import DNSWire

/// Why one server gave no answer that could be used.
enum UpstreamFailure: Error, Hashable, Sendable {
    case timedOut
    /// No route, nobody at the port, a connection that broke off.
    case unreachable
    /// The right identifier, but no message that can be read, or one that contradicts itself.
    case malformed
    /// A response code that is no answer, such as SERVFAIL or REFUSED.
    case refused(UInt16)
    /// A referral: the server does not recurse.
    case notRecursive

    /// For metrics.
    var label: String {
        switch self {
        case .timedOut: "timed_out"
        case .unreachable: "unreachable"
        case .malformed: "malformed"
        case .refused: "error"
        case .notRecursive: "not_recursive"
        }
    }

    /// For the extended error of the reply; it names no server.
    var text: String {
        switch self {
        case .timedOut: "no answer in time"
        case .unreachable: "unreachable"
        case .malformed: "malformed answer"
        case .refused(let code): ResponseCode(rawValue: code)?.mnemonic ?? "code \(code)"
        case .notRecursive: "not a recursive server"
        }
    }
}

/// What each of the servers did, in the order in which they were asked.
struct ResolutionError: Error, Hashable, Sendable {
    var failures: [UpstreamFailure]

    /// The note of a SERVFAIL: network error when all were, else no reachable authority (RFC 8914
    /// §4.23 and §4.24).
    var note: ExtendedError {
        let isNetwork = !failures.isEmpty && failures.allSatisfy { $0 == .unreachable }
        return ExtendedError(
            infoCode: isNetwork ? ExtendedError.networkError : ExtendedError.noReachableAuthority,
            extraText: "recursors: " + failures.prefix(8).map(\.text).joined(separator: ", ")
        )
    }
}
