extension AccessPolicy {
    /// The ids of the policies that are always there.
    package static let managementID = "00000000-0000-0000-0000-000000000001"
    package static let readOnlyID = "00000000-0000-0000-0000-000000000002"

    /// The policies that are always there and never change.
    package static let builtIn: [AccessPolicy] = [
        AccessPolicy(
            id: managementID,
            name: "global-management",
            description: "A policy that grants unlimited access",
            rules: managementRules
        ),
        AccessPolicy(
            id: readOnlyID,
            name: "builtin/global-read-only",
            description: "A policy that grants unlimited read-only access",
            rules: readOnlyRules
        ),
    ]

    package static func builtIn(id: String) -> AccessPolicy? { builtIn.first { $0.id == id } }

    package static func builtIn(name: String) -> AccessPolicy? {
        builtIn.first { $0.name == name }
    }

    package var isManagement: Bool { id == Self.managementID }

    package var isBuiltIn: Bool { Self.builtIn(id: id) != nil }

    /// The rules; nil when they cannot be read.
    package var compiled: AccessRules? { try? AccessRules(parsing: rules) }

    private static let namedResources = Permission.Resource.allCases.filter(\.isNamed)
    private static let managementRules =
        "acl = \"write\"\noperator = \"write\"\n"
        + namedResources.map { "\($0.rawValue)_prefix \"\" { policy = \"write\" }\n" }.joined()
    private static let readOnlyRules =
        "acl = \"read\"\noperator = \"read\"\n"
        + namedResources.map { "\($0.rawValue)_prefix \"\" { policy = \"read\" }\n" }.joined()
}

extension AccessToken {
    /// What a client may send to name the anonymous token; it is no secret.
    package static let anonymousSecretID = "anonymous"

    /// The token of requests without one, until somebody changes it.
    package static let anonymous = AccessToken(
        accessorID: Authorizer.anonymousAccessorID,
        secretID: anonymousSecretID,
        description: "Anonymous Token"
    )

    /// A token that may do everything.
    package static func management(
        secretID: String,
        accessorID: String,
        description: String,
        now: Int
    ) -> AccessToken {
        AccessToken(
            accessorID: accessorID,
            secretID: secretID,
            description: description,
            policyIDs: [AccessPolicy.managementID],
            isManagement: true,
            createTimeMilliseconds: now
        )
    }

    package var isAnonymous: Bool { accessorID == Authorizer.anonymousAccessorID }
}
