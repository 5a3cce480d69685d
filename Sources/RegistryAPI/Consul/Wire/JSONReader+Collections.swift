extension JSONReader {
    /// The strings of an array; empty for `null`.
    mutating func readStrings() throws(JSONReadError) -> [String] {
        var strings: [String] = []
        guard try enterArray() else { return strings }
        while try nextElement() { strings.append(try readString()) }
        return strings
    }

    /// The pairs of an object of strings; empty for `null`.
    mutating func readStringMap() throws(JSONReadError) -> [String: String] {
        var map: [String: String] = [:]
        guard try enterObject() else { return map }
        while let key = try nextKey() { map[key] = try readString() }
        return map
    }

    /// The pairs of an object of string lists; empty for `null`.
    mutating func readStringListMap() throws(JSONReadError) -> [String: [String]] {
        var map: [String: [String]] = [:]
        guard try enterObject() else { return map }
        while let key = try nextKey() { map[key] = try readStrings() }
        return map
    }
}
