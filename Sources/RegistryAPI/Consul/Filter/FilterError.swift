/// Why a filter expression is not evaluated, in words that go to the client.
struct FilterError: Error, Hashable {
    var reason: String
    /// True for an expression that Consul would take and that costs too much here.
    var isLimit = false

    init(_ reason: String) { self.reason = reason }

    static func limit(_ reason: String) -> FilterError {
        var error = FilterError(reason)
        error.isLimit = true
        return error
    }
}

extension APIError {
    init(_ error: FilterError) {
        self.init(
            // Consul answers 500 to whatever is wrong in an expression, and clients look for it.
            error.isLimit ? .badRequest : .serverFault,
            error.isLimit
                ? "Invalid filter: \(error.reason)"
                : "Failed to create boolean expression evaluator: \(error.reason)",
            field: "filter"
        )
    }
}
