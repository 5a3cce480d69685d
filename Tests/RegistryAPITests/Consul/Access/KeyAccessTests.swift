import HTTPTypes
import ServiceCatalog
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("What tokens may do with keys and sessions")
struct KeyAccessTests {
    @Test("keys are read, listed and written below the prefix of a rule only")
    func keys() async throws {
        let api = try await ConsulHarness.guarded()
        let secret = try await api.token(
            "app",
            #"key_prefix "app/" { policy = "write" } key_prefix "app/secret/" { policy = "deny" }"#
        )
        let all = ConsulHarness.management
        for key in ["app/a", "app/secret/b", "other"] {
            #expect(try await api.send(.put, "/v1/kv/\(key)", "x", as: all).status == 200)
        }
        #expect(try await api.send(.get, "/v1/kv/app/a", as: secret).status == 200)
        #expect(try await api.send(.put, "/v1/kv/app/c", "x", as: secret).body == "true")
        for key in ["app/secret/b", "other"] {
            #expect(try await api.send(.get, "/v1/kv/\(key)", as: secret).status == 403)
            #expect(try await api.send(.put, "/v1/kv/\(key)", "y", as: secret).status == 403)
            #expect(try await api.send(.delete, "/v1/kv/\(key)", as: secret).status == 403)
        }
        let listed = try await api.send(.get, "/v1/kv/?keys", as: secret)
        #expect(listed.body == #"["app/a","app/c"]"#)
        #expect(try await api.send(.delete, "/v1/kv/app/?recurse", as: secret).status == 403)
        #expect(try await api.send(.get, "/v1/kv/?recurse", as: nil).status == 404)
        #expect(api.keeper.read { $0.keyCount } == 4)
    }

    @Test("a transaction is refused whole for one thing that is not allowed")
    func transactions() async throws {
        let api = try await ConsulHarness.guarded()
        let secret = try await api.token("app", #"key_prefix "app/" { policy = "write" }"#)
        let set = { (key: String) in #"{"KV":{"Verb":"set","Key":"\#(key)"}}"# }
        let fine = try await api.send(.put, "/v1/txn", "[\(set("app/a"))]", as: secret)
        #expect(fine.status == 200)
        let body = "[\(set("app/b")),\(set("other"))]"
        #expect(try await api.send(.put, "/v1/txn", body, as: secret).status == 403)
        let node = #"[{"Node":{"Verb":"set","Node":{"Node":"n","Address":"10.0.0.1"}}}]"#
        #expect(try await api.send(.put, "/v1/txn", node, as: secret).status == 403)
        #expect(api.keeper.read { $0.keys(withPrefix: "") } == ["app/a"])
    }

    @Test("sessions belong to a node, and the snapshot to management")
    func sessions() async throws {
        let api = try await ConsulHarness.guarded()
        let secret = try await api.token("s", #"session "self" { policy = "write" }"#)
        let made = try await api.send(.put, "/v1/session/create", as: secret)
        let id = try #require(try made.object()["ID"] as? String)
        #expect(try await api.send(.put, "/v1/session/create", as: nil).status == 403)
        #expect(try await api.send(.put, "/v1/session/destroy/\(id)", as: nil).status == 403)
        #expect(try await api.send(.put, "/v1/session/renew/\(id)", as: nil).status == 403)
        #expect(try await api.send(.get, "/v1/session/list", as: nil).body == "[]")
        #expect(try await api.send(.get, "/v1/session/list", as: secret).array().count == 1)
        #expect(try await api.send(.get, "/v1/snapshot", as: secret).status == 403)
        #expect(try await api.send(.put, "/v1/snapshot", as: secret).status == 403)
        #expect(try await api.send(.put, "/v1/event/fire/x", as: secret).status == 403)
        #expect(try await api.send(.put, "/v1/session/destroy/\(id)", as: secret).body == "true")
    }
}
