/// Why a request is not fulfilled, in words that go to the client as they are.
struct APIError: Error, Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case badRequest
        /// The token may not do it.
        case forbidden
        case notFound
        /// The path exists, but not with this method; these are the ones it has.
        case methodNotAllowed(allowed: [String])
        case conflict
        case bodyTooLarge
        case headTooLarge
        /// All bodies together are too large for now.
        case bodiesFull
        /// The client was too slow.
        case timedOut
        /// It cannot be done now; a later try may succeed.
        case unavailable
        /// Consul answers 500 for what is wrong in the request too.
        case serverFault
    }

    var kind: Kind
    var message: String
    /// The field or parameter that is wrong.
    var field: String?
    /// How to put it right.
    var hint: String?
    /// The setting whose limit was passed.
    var limit: String?

    init(
        _ kind: Kind,
        _ message: String,
        field: String? = nil,
        hint: String? = nil,
        limit: String? = nil
    ) {
        self.kind = kind
        self.message = message
        self.field = field
        self.hint = hint
        self.limit = limit
    }
}
