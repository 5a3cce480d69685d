internal import Hummingbird

/// The parameters after the `?` of a request's target, decoded, in order.
struct QueryParameters: Sendable {
    private var pairs: [(name: String, value: String)] = []

    init() {}

    /// - Throws: `APIError` for a broken percent-encoding.
    init(_ request: Request) throws(APIError) {
        try self.init(request.uri.query)
    }

    /// - Parameter text: what stands behind the `?`, as it was sent.
    init(_ text: (some StringProtocol)?) throws(APIError) {
        guard let text else { return }
        for part in text.split(separator: "&") {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentText.decode(halves[0], plusIsSpace: true),
                let value = PercentText.decode(
                    halves.count > 1 ? halves[1] : "",
                    plusIsSpace: true
                )
            else {
                throw APIError(
                    .badRequest,
                    // Not the value: it may be the secret of a token.
                    "the query has a broken percent-encoding in \"\(halves[0])\""
                )
            }
            pairs.append((name, value))
        }
    }

    var isEmpty: Bool { pairs.isEmpty }

    /// True when the parameter is there, with or without a value.
    func has(_ name: String) -> Bool { pairs.contains { $0.name == name } }

    /// The first value of the parameter; nil when it is not there.
    func first(_ name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// All values of the parameter.
    func all(_ name: String) -> [String] {
        pairs.filter { $0.name == name }.map(\.value)
    }

    /// True when the parameter is there and does not say no.
    ///
    /// - Throws: `APIError` when it has a value that is no boolean.
    func flag(_ name: String) throws(APIError) -> Bool {
        switch first(name)?.lowercased() {
        case nil, "false", "0", "f": return false
        case "", "true", "1", "t": return true
        default:
            throw APIError(
                .badRequest,
                "Invalid value for ?\(name): expected true or false",
                field: name
            )
        }
    }
}
