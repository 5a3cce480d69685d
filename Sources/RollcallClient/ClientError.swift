/// Why a call to Rollcall failed.
///
/// Two errors are equal when their codes are; the message is for people.
public struct ClientError: Error, Sendable {
    /// The kinds of failure that a program may want to tell apart.
    public enum Code: Hashable, Sendable {
        /// The server's address is not one that can be called.
        case badAddress
        /// A file for TLS cannot be used.
        case badCertificate
        /// Nobody answered: refused, unreachable or timed out.
        case unreachable
        /// The server answered, and said no; `status` tells how.
        case refused
        /// The server knows no instance, service or name like that.
        case notFound
        /// The server answered with something that is not its protocol.
        case badResponse
    }

    /// The kind of failure.
    public var code: Code
    /// What happened and, where it is known, what to do about it.
    public var message: String
    /// The HTTP status, where an HTTP response told of the failure.
    public var status: Int?
    /// The field of the request that the server did not accept.
    public var field: String?
    /// What the server proposes to do.
    public var hint: String?

    /// Describes a failure.
    public init(
        _ code: Code,
        _ message: String,
        status: Int? = nil,
        field: String? = nil,
        hint: String? = nil
    ) {
        self.code = code
        self.message = message
        self.status = status
        self.field = field
        self.hint = hint
    }
}

extension ClientError: Equatable {
    /// Compares the codes.
    public static func == (left: ClientError, right: ClientError) -> Bool {
        left.code == right.code
    }
}

extension ClientError: CustomStringConvertible {
    /// The message, the field and the hint in one line.
    public var description: String {
        var text = message
        if let field, !text.contains(field) { text = "\(field): \(text)" }
        if let hint { text += " (\(hint))" }
        return text
    }
}
