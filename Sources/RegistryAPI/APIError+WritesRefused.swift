extension APIError {
    /// For a client whose network may only read.
    static func writesRefused(_ dialect: ErrorMapping.Dialect) -> APIError {
        APIError(
            .forbidden,
            dialect == .consul
                ? "Access is restricted" : "this address may read but not write",
            hint: "http.allowed_writers in the server's settings lists the networks that may"
        )
    }
}
