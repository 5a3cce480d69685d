/// The result of a query, extended by EDNS to twelve bits (RFC 1035 §4.1.1, RFC 6891 §6.1.3).
package enum ResponseCode: UInt16, Sendable {
    case noError = 0
    case formatError = 1
    case serverFailure = 2
    case nameError = 3
    case notImplemented = 4
    case refused = 5
    /// A DNAME made a name that is too long (RFC 6672 §2.2).
    case nameShouldNotExist = 6
    case notAuthoritative = 9
    case badVersion = 16
    /// The query shows no good cookie (RFC 7873 §8).
    case badCookie = 23

    /// The mnemonic of IANA's registry.
    package var mnemonic: String {
        switch self {
        case .noError: "NOERROR"
        case .formatError: "FORMERR"
        case .serverFailure: "SERVFAIL"
        case .nameError: "NXDOMAIN"
        case .notImplemented: "NOTIMP"
        case .refused: "REFUSED"
        case .nameShouldNotExist: "YXDOMAIN"
        case .notAuthoritative: "NOTAUTH"
        case .badVersion: "BADVERS"
        case .badCookie: "BADCOOKIE"
        }
    }
}
