import HTTPTypes
import ServiceCatalog
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Consul API: policies")
struct PolicyEndpointTests {
    private let management = ConsulHarness.management

    @Test("a policy is made, found by id and name, changed, listed and removed")
    func life() async throws {
        let consul = try await ConsulHarness.guarded()
        let rules = #"{"key_prefix":{"a/":{"policy":"read"}}}"#
        let body = #"{"Name":"keys","Description":"d","Rules":"\#(rules.escaped)"}"#
        let made = try await consul.send(.put, "/v1/acl/policy", body, as: management)
        #expect(made.status == 200)
        #expect(made.json["Rules"].text == rules)
        let id = try #require(made.json["ID"].text)
        for path in ["policy/\(id)", "policy/name/keys"] {
            let read = try await consul.send(.get, "/v1/acl/\(path)", as: management)
            #expect(read.json["ID"].text == id, "\(path)")
            #expect(read.headers["X-Consul-Index"] != nil)
        }
        let changed = try await consul.send(
            .put,
            "/v1/acl/policy/\(id)",
            #"{"ID":"\#(id)","Name":"keys2","Rules":""}"#,
            as: management
        )
        #expect(changed.json["Name"].text == "keys2")
        let all = try await consul.send(.get, "/v1/acl/policies", as: management)
        #expect(
            all.json.list.compactMap { $0["Name"].text }
                == ["builtin/global-read-only", "global-management", "keys2"]
        )
        #expect(all.json[0]["Rules"] == .null)
        #expect(
            try await consul.send(.delete, "/v1/acl/policy/\(id)", as: management).body == "true"
        )
        let gone = try await consul.send(.get, "/v1/acl/policy/\(id)", as: management)
        #expect(gone.status == 403)
        #expect(gone.body == "ACL not found")
    }

    @Test(
        "a policy that cannot be is refused with the reason",
        arguments: [
            (#"{"Name":"a b"}"#, "invalid Name"), (#"{"Name":""}"#, "invalid Name"),
            (#"{"Name":"a/b/c"}"#, "invalid Name"),
            (#"{"Name":"global-management"}"#, "invalid Name"),
            (#"{"ID":"x","Name":"a"}"#, "Cannot specify the ID"),
            (
                #"{"Name":"a","Rules":"service \"a\" {\n policy = \"no\" }"}"#,
                "line 2: policy must be"
            ),
        ]
    )
    func refused(_ body: String, _ reason: String) async throws {
        let consul = try await ConsulHarness.guarded()
        let answer = try await consul.send(.put, "/v1/acl/policy", body, as: management)
        #expect(answer.status == 400, "\(body)")
        #expect(answer.body.contains(reason), "\(answer.body)")
    }

    @Test("names are given once, and the built-in policies stay as they are")
    func fixed() async throws {
        let consul = try await ConsulHarness.guarded()
        let body = #"{"Name":"a"}"#
        #expect(try await consul.send(.put, "/v1/acl/policy", body, as: management).status == 200)
        let again = try await consul.send(.put, "/v1/acl/policy", body, as: management)
        #expect(again.status == 500)
        #expect(again.body == "Invalid Policy: A Policy with Name \"a\" already exists")
        for method in [HTTPRequest.Method.put, .delete] {
            let path = "/v1/acl/policy/\(AccessPolicy.managementID)"
            let answer = try await consul.send(method, path, #"{"Name":"b"}"#, as: management)
            #expect(answer.status == 403)
        }
    }

    @Test("roles, auth methods and binding rules: none, and none can be made")
    func absences() async throws {
        let consul = try await ConsulHarness.guarded()
        for kind in ["role", "auth-method", "binding-rule"] {
            let all = try await consul.send(.get, "/v1/acl/\(kind)s", as: management)
            #expect(all.body == "[]")
            let one = try await consul.send(.get, "/v1/acl/\(kind)/x", as: management)
            #expect(one.status == 403)
            let new = try await consul.send(.put, "/v1/acl/\(kind)", "{}", as: management)
            #expect(new.status == 400)
            #expect(new.body.contains("There are no \(kind)s here"))
        }
        #expect(try await consul.get("/v1/acl/replication").json["Enabled"] == .bool(false))
    }
}

extension String {
    /// The text as it stands inside a JSON string.
    fileprivate var escaped: String { replacing("\"", with: "\\\"") }
}
