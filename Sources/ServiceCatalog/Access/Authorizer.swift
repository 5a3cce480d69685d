/// What one token may do; a value that is decided once a request.
package struct Authorizer: Hashable, Sendable {
    private enum Basis: Hashable, Sendable {
        /// Everything is allowed.
        case everything
        /// The rules decide; where they are silent, the default.
        case rules(AccessRules, allowsByDefault: Bool)
    }

    /// The public name of the token that stands for requests without one.
    package static let anonymousAccessorID = "00000000-0000-0000-0000-000000000002"

    /// Access control is off: everything is allowed to everybody.
    package static let unrestricted = Authorizer(accessorID: "", basis: .everything)

    /// Nothing is allowed.
    package static let nothing = Authorizer(
        accessorID: "",
        rules: AccessRules(),
        allowsByDefault: false
    )

    /// The public name of the token; empty while access control is off.
    package let accessorID: String
    private let basis: Basis

    private init(accessorID: String, basis: Basis) {
        self.accessorID = accessorID
        self.basis = basis
    }

    /// The authorizer of a token that may do everything.
    package static func management(accessorID: String) -> Authorizer {
        Authorizer(accessorID: accessorID, basis: .everything)
    }

    /// The authorizer of a token with `rules`.
    package init(accessorID: String, rules: AccessRules, allowsByDefault: Bool) {
        self.accessorID = accessorID
        self.basis = .rules(rules, allowsByDefault: allowsByDefault)
    }

    /// True when nothing needs to be asked for: a list need not be gone through.
    package var allowsEverything: Bool { basis == .everything }

    package var isAnonymous: Bool { accessorID == Self.anonymousAccessorID }

    /// True when the token may do it.
    ///
    /// The default policy never opens tokens and policies: those take a rule or management.
    package func allows(_ permission: Permission) -> Bool {
        switch basis {
        case .everything: true
        case .rules(let rules, let allowsByDefault):
            rules.decide(permission) ?? (allowsByDefault && permission.resource != .acl)
        }
    }

    /// True when it may do it to every name there is.
    package func allowsAll(_ resource: Permission.Resource, _ level: AccessLevel) -> Bool {
        switch basis {
        case .everything: true
        case .rules(let rules, let allowsByDefault):
            rules.allowsAll(resource, level, byDefault: allowsByDefault)
        }
    }

    /// Why the token may not do it; nil when it may.
    package func denial(of permission: Permission) -> AccessDenial? {
        allows(permission) ? nil : .lacks(permission, accessorID: accessorID)
    }
}
