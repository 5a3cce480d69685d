internal import HTTPTypes
internal import ServiceCatalog

extension ConsulRoutes {
    /// Tokens and policies: `acl/…`.
    static let accessControl: [Route] =
        accessTokens + accessPolicies + accessAbsences + accessRemoved

    private static let accessTokens: [Route] = [
        acl(.put, "acl/bootstrap", .open) { try await $0.bootstrapAccess($1) },
        acl(.get, "acl/tokens", .read) { try $0.accessTokens($1) },
        acl(.get, "acl/token/", .inHandler) { try $0.accessToken($1) },
        acl(.put, "acl/token/", .write) { try await $0.setAccessToken($1) },
        acl(.delete, "acl/token/", .write) { try await $0.deleteAccessToken($1) },
    ]

    private static let accessPolicies: [Route] = [
        acl(.get, "acl/policies", .read) { try $0.accessPolicies($1) },
        acl(.get, "acl/policy/", .read) { try $0.accessPolicy($1) },
        acl(.put, "acl/policy/", .write) { try await $0.setAccessPolicy($1) },
        acl(.delete, "acl/policy/", .write) { try await $0.deleteAccessPolicy($1) },
    ]

    /// What there is none of: lists are empty, one is not found, a new one cannot be made.
    private static let accessAbsences: [Route] =
        ["role", "auth-method", "binding-rule"].flatMap { kind in
            [
                acl(.get, "acl/\(kind)s", .read) { .json(for: $1) { $0.raw("[]") } },
                acl(.get, "acl/\(kind)/", .read) { _, _ in
                    throw APIError(AccessDenial.unknownToken)
                },
                acl(.put, "acl/\(kind)/", .write) { _, _ in throw absence(of: "\(kind)s") },
                acl(.delete, "acl/\(kind)/", .write) { .json(for: $1) { $0.bool(true) } },
            ]
        } + [
            acl(.get, "acl/replication", .open) { try $0.accessReplication($1) },
            acl(.post, "acl/login", .open) { _, _ in throw absence(of: "auth methods") },
            acl(.post, "acl/logout", .open) { _, _ in
                throw APIError(
                    .forbidden,
                    "Permission denied: the token was not created by a login"
                )
            },
        ]

    /// Endpoints of the system before Consul 1.4, which Consul 1.11 removed.
    private static let accessRemoved: [Route] = [
        (.put, "create"), (.put, "update"), (.put, "destroy/"), (.get, "info/"), (.put, "clone/"),
        (.get, "list"), (.get, "rules/translate/"), (.post, "rules/translate"),
    ].map { (method: HTTPRequest.Method, path: String) in
        Route(method: method, path: "acl/\(path)", access: .open) { _, _ in
            .text(
                "Endpoint /v1/acl/\(path) for the legacy ACL system was removed in Consul 1.11.",
                status: .gone
            )
        }
    }

    private static func absence(of what: String) -> APIError {
        APIError(.badRequest, "There are no \(what) here: give tokens policies instead")
    }

    /// A route that exists while access control is on.
    private static func acl(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ access: RouteAccess,
        _ handler: @escaping Handler
    ) -> Route {
        Route(method: method, path: path, access: access) { consul, request in
            guard consul.context.access.isEnabled else {
                return .text("ACL support disabled", status: .unauthorized)
            }
            return try await handler(consul, request)
        }
    }
}

extension RouteAccess {
    fileprivate static let read = RouteAccess.requires { _, _ in .accessRead }
    fileprivate static let write = RouteAccess.requires { _, _ in .accessWrite }
}

extension ConsulAPI {
    /// `GET acl/replication`: tokens are not copied from another datacenter.
    func accessReplication(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        .json(for: request) { writer in
            writer.beginObject()
            writer.field("Enabled", false)
            writer.field("Running", false)
            writer.field("SourceDatacenter", "")
            writer.field("ReplicationType", "")
            for what in ["ReplicatedIndex", "ReplicatedRoleIndex", "ReplicatedTokenIndex"] {
                writer.field(what, 0)
            }
            for what in ["LastSuccess", "LastError"] { writer.field(what, "0001-01-01T00:00:00Z") }
            writer.field("LastErrorMessage", "")
            writer.endObject()
        }
    }
}
