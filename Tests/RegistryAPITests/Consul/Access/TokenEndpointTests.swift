import HTTPTypes
import ServiceCatalog
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Consul API: tokens")
struct TokenEndpointTests {
    private let management = ConsulHarness.management

    @Test("without access control every endpoint says so with 401")
    func disabled() async throws {
        let consul = try await ConsulHarness()
        for (method, path) in [
            (HTTPRequest.Method.put, "bootstrap"), (.get, "tokens"), (.get, "token/self"),
            (.put, "token"), (.get, "policies"), (.put, "policy"), (.get, "roles"),
            (.get, "replication"), (.post, "login"),
        ] {
            let answer = try await consul.send(method, "/v1/acl/\(path)", "{}")
            #expect(answer.status == 401, "\(path)")
            #expect(answer.body == "ACL support disabled", "\(path)")
        }
    }

    @Test("bootstrap gives a management token once")
    func bootstrap() async throws {
        let settings = AccessSettings(isEnabled: true, allowsByDefault: false)
        let consul = try await ConsulHarness(access: AccessControl(settings, now: { 0 }))
        let first = try await consul.put("/v1/acl/bootstrap")
        #expect(first.status == 200)
        let secret = try #require(first.json["SecretID"].text)
        #expect(UUIDText.isUUID(secret))
        #expect(first.json["ID"].text == secret)
        #expect(first.json["Policies"][0]["Name"].text == "global-management")
        let again = try await consul.put("/v1/acl/bootstrap")
        #expect(again.status == 403)
        #expect(again.body.hasPrefix("Permission denied: ACL bootstrap no longer allowed"))
        #expect(try await consul.send(.get, "/v1/acl/tokens", as: secret).status == 200)
        let given = try await ConsulHarness(access: AccessControl(settings, now: { 0 }))
        let body = #"{"BootstrapSecret":"22222222-aaaa-4aaa-8aaa-222222222222"}"#
        let wanted = try await given.put("/v1/acl/bootstrap", body)
        #expect(wanted.json["SecretID"].text == "22222222-aaaa-4aaa-8aaa-222222222222")
    }

    @Test("a token is made, read, changed, cloned, listed and removed")
    func life() async throws {
        let consul = try await ConsulHarness.guarded()
        let policy = try await consul.send(
            .put,
            "/v1/acl/policy",
            #"{"Name":"web","Rules":"service \"web\" { policy = \"write\" }"}"#,
            as: management
        )
        let policyID = try #require(policy.json["ID"].text)
        let made = try await consul.send(
            .put,
            "/v1/acl/token",
            #"{"Description":"d","Policies":[{"Name":"web"}],"ServiceIdentities":"#
                + #"[{"ServiceName":"db"}],"Local":true,"ExpirationTTL":"1h"}"#,
            as: management
        )
        #expect(made.status == 200)
        let accessor = try #require(made.json["AccessorID"].text)
        let secret = try #require(made.json["SecretID"].text)
        #expect(made.json["Policies"][0]["ID"].text == policyID)
        #expect(made.json["ServiceIdentities"][0]["ServiceName"].text == "db")
        #expect(made.json["Local"] == .bool(true))
        #expect(made.json["CreateTime"].text == "2023-11-14T22:13:20.000Z")
        #expect(made.json["ExpirationTime"].text == "2023-11-14T23:13:20.000Z")

        let own = try await consul.send(.get, "/v1/acl/token/self", as: secret)
        #expect(own.json["AccessorID"].text == accessor)
        #expect(own.json["SecretID"].text == secret)
        #expect(try await consul.send(.get, "/v1/acl/token/\(accessor)", as: secret).status == 403)

        let changed = try await consul.send(
            .put,
            "/v1/acl/token/\(accessor)",
            #"{"AccessorID":"\#(accessor)","SecretID":"\#(secret)","Description":"e"}"#,
            as: management
        )
        #expect(changed.json["Description"].text == "e")
        #expect(changed.json["SecretID"].text == secret)
        #expect(changed.json["Policies"] == .null)
        #expect(changed.json["Local"] == .bool(true))

        let clone = try await consul.send(
            .put,
            "/v1/acl/token/\(accessor)/clone",
            #"{"Description":"copy"}"#,
            as: management
        )
        #expect(clone.json["SecretID"].text != secret)
        #expect(clone.json["Description"].text == "copy")

        let all = try await consul.send(.get, "/v1/acl/tokens", as: management)
        #expect(all.json.list.count == 4)
        #expect(all.headers["X-Consul-Index"] != nil)

        let removed = try await consul.send(.delete, "/v1/acl/token/\(accessor)", as: management)
        #expect(removed.body == "true")
        let gone = try await consul.send(.get, "/v1/acl/token/self", as: secret)
        #expect(gone.status == 403)
        #expect(gone.body == "ACL not found")
    }

    @Test("who may read tokens but not change them does not see secrets")
    func hidden() async throws {
        let consul = try await ConsulHarness.guarded()
        let reader = try await consul.token("reader", "acl = \"read\"")
        let all = try await consul.send(.get, "/v1/acl/tokens", as: reader)
        #expect(all.status == 200)
        for token in all.json.list { #expect(token["SecretID"].text == "<hidden>") }
        let own = try await consul.send(.get, "/v1/acl/token/self", as: reader)
        #expect(own.json["SecretID"].text == reader)
        let denied = try await consul.send(.put, "/v1/acl/token", "{}", as: reader)
        #expect(denied.status == 403)
        #expect(
            denied.body == "Permission denied: token with AccessorID 'accessor-reader' lacks"
                + " permission 'acl:write'"
        )
    }

    @Test("the anonymous token can be given policies, but not be removed")
    func anonymous() async throws {
        let consul = try await ConsulHarness.guarded()
        #expect(try await consul.get("/v1/catalog/services").body == "{}")
        _ = try await consul.token("all", "service_prefix \"\" { policy = \"read\" }")
        let path = "/v1/acl/token/\(Authorizer.anonymousAccessorID)"
        let changed = try await consul.send(
            .put,
            path,
            #"{"Policies":[{"Name":"all"}]}"#,
            as: management
        )
        #expect(changed.status == 200)
        #expect(try await consul.get("/v1/catalog/services").body == #"{"consul":[]}"#)
        #expect(try await consul.send(.delete, path, as: management).status == 403)
        let manager = #"{"Policies":[{"Name":"global-management"}]}"#
        #expect(try await consul.send(.put, path, manager, as: management).status == 400)
    }

    @Test(
        "a token that cannot be is refused with the reason",
        arguments: [
            (#"{"Policies":[{"Name":"nosuch"}]}"#, "No such ACL policy with name \"nosuch\""),
            (#"{"Roles":[{"Name":"r"}]}"#, "there are no roles"),
            (#"{"AuthMethod":"m"}"#, "there are no auth methods"),
            (#"{"AccessorID":"x"}"#, "AccessorID must be a UUID"),
            (#"{"SecretID":"x"}"#, "SecretID must be a UUID"),
            (#"{"SecretID":"11111111-aaaa-4aaa-8aaa-111111111111"}"#, "already in use"),
            (#"{"AccessorID":"11111111-bbbb-4bbb-8bbb-111111111111"}"#, "already in use"),
            (#"{"AccessorID":"00000000-0000-0000-0000-000000000002"}"#, "reserved"),
            (#"{"ExpirationTTL":"1s"}"#, "between 1m0s and 24h0m0s"),
            (#"{"ExpirationTTL":"48h"}"#, "between 1m0s and 24h0m0s"),
            (#"{"ExpirationTime":"tomorrow"}"#, "ExpirationTime must be like"),
            (#"{"TemplatedPolicies":[{"TemplateName":"builtin/x"}]}"#, "does not exist here"),
            (#"{"TemplatedPolicies":[{"TemplateName":"builtin/service"}]}"#, "must have a name"),
            (#"{"ServiceIdentities":[{"ServiceName":""}]}"#, "must have a name"),
            (#"{"Nonsense":1}"#, "unknown field \"Nonsense\""),
            (#"{"Namespace":"n"}"#, "no namespaces"),
        ]
    )
    func refused(_ body: String, _ reason: String) async throws {
        let consul = try await ConsulHarness.guarded()
        let answer = try await consul.send(.put, "/v1/acl/token", body, as: management)
        #expect(answer.status == 400, "\(body)")
        #expect(answer.body.contains(reason), "\(answer.body)")
    }

    @Test("nobody removes the token that the request itself shows")
    func ownToken() async throws {
        let consul = try await ConsulHarness.guarded()
        let own = "11111111-bbbb-4bbb-8bbb-111111111111"
        let answer = try await consul.send(.delete, "/v1/acl/token/\(own)", as: management)
        #expect(answer.status == 403)
    }

    @Test("expired tokens are worth nothing, are not listed, and leave with the next write")
    func expired() async throws {
        let consul = try await ConsulHarness.guarded()
        var token = AccessToken(accessorID: "old", secretID: "old-secret")
        token.expirationTimeMilliseconds = 1_600_000_000_000
        try await consul.log.append(.setAccessToken(token))
        #expect(try await consul.send(.get, "/v1/acl/token/self", as: "old-secret").status == 403)
        #expect(try await consul.send(.get, "/v1/acl/token/old", as: management).status == 403)
        _ = try await consul.send(.put, "/v1/acl/token", "{}", as: management)
        #expect(consul.keeper.read { $0.accessToken(accessorID: "old") } == nil)
    }

    @Test("the endpoints of the old system are gone, and say since when")
    func legacy() async throws {
        let consul = try await ConsulHarness.guarded()
        for (method, path) in [
            (HTTPRequest.Method.put, "create"), (.put, "update"), (.put, "destroy/x"),
            (.get, "info/x"), (.put, "clone/x"), (.get, "list"),
        ] {
            let answer = try await consul.send(method, "/v1/acl/\(path)", "{}")
            #expect(answer.status == 410, "\(path)")
            #expect(answer.body.contains("was removed in Consul 1.11"), "\(path)")
        }
    }
}
