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
        self.init(.forbidden, denial.description, hint: Self.hint(for: denial))
    }

    private static func hint(for denial: AccessDenial) -> String {
        guard case .lacks(let permission, let accessorID) = denial,
            accessorID != Authorizer.anonymousAccessorID
        else { return "send the secret of a token: Authorization: Bearer …" }
        let (resource, level) = (permission.resource.rawValue, permission.level.rawValue)
        let rule =
            permission.resource.isNamed
            ? "\(resource) \"\(permission.name)\" { policy = \"\(level)\" }"
            : "\(resource) = \"\(level)\""
        return "a policy of the token needs a rule such as \(rule)"
    }
}
