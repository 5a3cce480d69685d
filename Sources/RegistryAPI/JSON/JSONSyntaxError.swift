/// Text that is no JSON, and where.
struct JSONSyntaxError: Error, Hashable, Sendable {
    /// From 1.
    var line: Int
    /// In bytes, from 1.
    var column: Int
    var reason: String
}

extension JSONSyntaxError: CustomStringConvertible {
    var description: String { "malformed JSON at line \(line), column \(column): \(reason)" }
}
