/// A JSON value as it was sent: members in order, numbers as text.
///
/// Why not `Codable` alone: requests must be refused with the path of the wrong field, unknown and
/// repeated fields included, which decoders pass over.
enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// The digits as sent.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// The kind of value as a person would call it.
    var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
