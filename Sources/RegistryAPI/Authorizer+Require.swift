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

extension APIContext {
    /// Returns when the token may make the change; asked before anything is done.
    ///
    /// - Throws: `APIError`, as `Authorizer.require(_:)` does.
    func require(_ change: CatalogChange, of authorizer: Authorizer) throws(APIError) {
        guard !authorizer.allowsEverything else { return }
        for permission in keeper.read({ $0.permissions(for: change) }) {
            try authorizer.require(permission)
        }
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
