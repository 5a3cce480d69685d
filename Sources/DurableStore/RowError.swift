/// Which row cannot be read, and why.
struct RowError: Error {
    var table: String
    /// The row's key, for people.
    var key: String
    /// A `CompactFormError` or a `DecodingError`.
    var cause: any Error
}

extension RowError: CustomStringConvertible {
    var description: String { "table \(table), row \(key): \(cause)" }
}
