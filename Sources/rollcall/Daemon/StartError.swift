/// Why the server did not start, as one line for stderr; the exit status is then 2.
struct StartError: Error, Hashable, Sendable, CustomStringConvertible {
    let description: String

    init(_ cause: some CustomStringConvertible) {
        description = cause.description
    }
}
