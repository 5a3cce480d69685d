import TestSupport

/// What came back.
struct ConsulAnswer: Sendable {
    var status: Int
    /// Names as they are spelled on the wire.
    var headers: [String: String]
    var body: String

    /// The body as JSON; null when it is none.
    var json: JSON { (try? JSON(body)) ?? .null }
}
