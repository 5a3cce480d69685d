/// One write, or the attempt of one: who did what, and what came of it.
package struct AuditEntry: Hashable, Sendable {
    /// The token that a request showed, by what is no secret.
    package struct Token: Hashable, Sendable {
        /// Nil for a secret that no token has.
        package var accessorID: String?
        package var name: String
    }

    /// What was written, as pairs such as `service` and `web`.
    package typealias Subject = [Pair]

    /// A name and a value of what was written.
    package struct Pair: Hashable, Sendable {
        package var name: String
        package var value: String
    }

    /// Milliseconds since 1970.
    package var timeMilliseconds: Int
    /// Nil for what the server did by itself.
    package var clientAddress: String?
    package var clientPort: Int?
    /// Nil while access control is off.
    package var token: Token?
    package var method: String?
    /// Without the query, which may carry the secret of a token.
    package var path: String?
    package var subjects: [Subject] = []
    /// More of them than are listed.
    package var unlistedSubjects = 0
    /// The status of the answer.
    package var status: Int?
    package var error: String?
    /// Why the server did it by itself.
    package var reason: String?
    /// The catalog's index after the last change.
    package var index: UInt64?
}

// MARK: - As a line

extension AuditEntry {
    /// One JSON object and a line feed.
    package var line: [UInt8] {
        var writer = JSONWriter(capacity: 320)
        writer.beginObject()
        writer.field("time", Timestamp.format(milliseconds: timeMilliseconds))
        writer.field("by", clientAddress == nil ? "rollcall" : "client")
        if let clientAddress { writer.field("address", clientAddress) }
        if let clientPort { writer.field("port", clientPort) }
        if let token {
            writer.key("token")
            writer.beginObject()
            writer.key("accessor_id")
            if let id = token.accessorID { writer.string(id) } else { writer.null() }
            writer.field("name", token.name)
            writer.endObject()
        }
        if let method { writer.field("method", method) }
        if let path { writer.field("path", path) }
        writer.key("what")
        writer.beginArray()
        for subject in subjects {
            writer.beginObject()
            for pair in subject { writer.field(pair.name, pair.value) }
            writer.endObject()
        }
        writer.endArray()
        if unlistedSubjects > 0 { writer.field("what_more", unlistedSubjects) }
        if let reason { writer.field("reason", reason) }
        if let status { writer.field("status", status) }
        if let error { writer.field("error", error) }
        if let index { writer.field("index", index) }
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    /// The line that stands for `count` others that could not be written.
    package static func leftOut(_ count: UInt64, timeMilliseconds: Int) -> [UInt8] {
        var writer = JSONWriter(capacity: 96)
        writer.beginObject()
        writer.field("time", Timestamp.format(milliseconds: timeMilliseconds))
        writer.field("by", "rollcall")
        writer.field("left_out", count)
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}
