/// The members of a JSON object in the order in which they were sent; each name once.
struct JSONObject: Hashable, Sendable {
    struct Member: Hashable, Sendable {
        var name: String
        var value: JSONValue
    }

    var members: [Member]
}
