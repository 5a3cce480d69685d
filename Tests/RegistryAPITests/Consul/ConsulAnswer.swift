import Foundation
import TestSupport
import Testing

/// What came back.
struct ConsulAnswer: Sendable {
    var status: Int
    /// Names as they are spelled on the wire.
    var headers: [String: String]
    var body: String

    /// The body as JSON; null when it is none.
    var json: JSON { (try? JSON(body)) ?? .null }

    /// The body as a JSON object.
    func object() throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
    }

    /// The body as an array of JSON objects.
    func array() throws -> [[String: Any]] {
        try #require(JSONSerialization.jsonObject(with: Data(body.utf8)) as? [[String: Any]])
    }
}
