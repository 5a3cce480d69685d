internal import ServiceCatalog

extension Authorizer {
    /// Returns when the token may do it.
    ///
    /// Handlers whose permission depends on more than the path call it themselves, before anything
    /// is changed: `try request.authorizer.require(.keyWrite(key))`. Lists are not refused but
    /// filtered: `ConsulAPI.answer` gives a catalog with only what may be read; where something
    /// else is listed, leave out what `allows(_:)` denies and then call
    /// `ConsulReply.tellFiltered(for:)`.
    /// - Throws: `APIError`, answered with 403 and Consul's words.
    func require(_ permission: Permission) throws(APIError) {
        if let denial = denial(of: permission) { throw APIError(denial) }
    }
}

extension APIError {
    init(_ denial: AccessDenial) {
        self.init(
            .forbidden,
            denial.description,
            hint: "send the secret of a token: Authorization: Bearer …"
        )
    }
}
