/// What is wrong with one field of a request, in words for the person who sent it.
package struct FieldError: Error, Hashable, Sendable {
    /// The path of the field, such as `checks[1].interval`.
    package var field: String
    /// What was expected; completes the sentence that begins with the field's name.
    package var reason: String
    /// How to put it right, where that is not obvious.
    package var hint: String?
    /// The setting whose limit was passed, such as `limits.meta_pairs_max`.
    package var limit: String?

    package init(_ field: String, _ reason: String, hint: String? = nil, limit: String? = nil) {
        self.field = field
        self.reason = reason
        self.hint = hint
        self.limit = limit
    }

    /// The same error one level further out: `interval` in `checks[1]` is `checks[1].interval`.
    package func inside(_ path: String) -> FieldError {
        var error = self
        error.field = path.isEmpty ? field : "\(path).\(field)"
        return error
    }
}

extension FieldError: CustomStringConvertible {
    package var description: String { "\(field) \(reason)" }
}
