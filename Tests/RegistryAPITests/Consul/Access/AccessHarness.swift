import HTTPTypes
import ServiceCatalog
import TestSupport

@testable import RegistryAPI

extension ConsulHarness {
    /// The secret of the token that may do everything.
    static let management = "11111111-aaaa-4aaa-8aaa-111111111111"

    /// An API that asks for tokens, with a management token and nothing allowed by default.
    static func guarded(
        allowsByDefault: Bool = false,
        default defaultSecret: String? = nil
    ) async throws -> ConsulHarness {
        let settings = AccessSettings(
            isEnabled: true,
            allowsByDefault: allowsByDefault,
            defaultSecret: defaultSecret
        )
        let harness = try await ConsulHarness(
            access: AccessControl(settings, now: { 1_700_000_000_000 })
        )
        let token = AccessToken.management(
            secretID: management,
            accessorID: "11111111-bbbb-4bbb-8bbb-111111111111",
            description: "of the test",
            now: 0
        )
        try await harness.log.append(.setAccessToken(token))
        return harness
    }

    /// A new token with a policy of its own; its secret is the result.
    func token(_ name: String, _ rules: String) async throws -> String {
        let id = "policy-\(name)"
        try await log.append(.setAccessPolicy(AccessPolicy(id: id, name: name, rules: rules)))
        let token = AccessToken(
            accessorID: "accessor-\(name)",
            secretID: "secret-\(name)",
            policyIDs: [id]
        )
        try await log.append(.setAccessToken(token))
        return token.secretID
    }

    /// Sends a request with a token; without one for nil.
    func send(
        _ method: HTTPRequest.Method,
        _ target: String,
        _ body: String = "",
        as secret: String?
    ) async throws -> ConsulAnswer {
        var headers: HTTPFields = [:]
        headers[ConsulHeader.token] = secret
        return try await send(method, target, body, headers: headers)
    }
}

extension TestServer {
    /// Puts an instance on the local node past the API.
    func add(_ service: String, id: String) async throws {
        let instance = ServiceInstance(node: Self.nodeName, id: id, service: service, port: 80)
        try await log.append(.register(Registration(instance: instance)))
    }
}
