import Foundation
import HTTPTypes
import ServiceCatalog
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Consul keys and values")
struct KeyValueTests {
    @Test("a value that was put is got, as base64 and raw")
    func roundTrip() async throws {
        let api = try await ConsulHarness()
        let put = try await api.put("/v1/kv/config/web?flags=42", "hello")
        #expect(put.status == 200 && put.body == "true")
        let got = try await api.get("/v1/kv/config/web")
        let index = try #require(api.keeper.read { $0.entry("config/web") }).modifyIndex
        #expect(
            got.body == #"[{"LockIndex":0,"Key":"config/web","Flags":42,"Value":"aGVsbG8=","#
                + #""CreateIndex":\#(index),"ModifyIndex":\#(index)}]"#
        )
        #expect(got.headers["X-Consul-Index"] == "\(index)")
        #expect(got.headers["Content-Type"] == "application/json")
        let raw = try await api.get("/v1/kv/config/web?raw")
        #expect(raw.body == "hello")
        #expect(raw.headers["Content-Type"] == "text/plain")
        #expect(raw.headers["X-Content-Type-Options"] == "nosniff")
        #expect(raw.headers["X-Consul-Index"] == "\(index)")
    }

    @Test("an empty value is null")
    func emptyValue() async throws {
        let api = try await ConsulHarness()
        _ = try await api.put("/v1/kv/empty")
        #expect(try await api.get("/v1/kv/empty").body.contains(#""Value":null"#))
        #expect(try await api.get("/v1/kv/empty?raw").body.isEmpty)
    }

    @Test(
        "what is not there is 404 with an index and without a body",
        arguments: ["kv/nope", "kv/nope?raw", "kv/nope?recurse", "kv/nope/?keys", "kv/?recurse"]
    )
    func missing(path: String) async throws {
        let reply = try await ConsulHarness().get("/v1/\(path)")
        #expect(reply.status == 404 && reply.body.isEmpty)
        #expect(reply.headers["X-Consul-Index"] == "1")
        #expect(reply.headers["X-Consul-Knownleader"] == "true")
        #expect(reply.headers["X-Consul-Lastcontact"] == "0")
    }

    @Test("the keys of an empty root are an empty list")
    func emptyRoot() async throws {
        let reply = try await ConsulHarness().get("/v1/kv/?keys")
        #expect(reply.status == 200 && reply.body == "[]")
    }

    @Test("recurse and keys, with the separator in both spellings")
    func lists() async throws {
        let api = try await ConsulHarness()
        for key in ["a/1", "a/b/2", "a/b/3", "b"] { _ = try await api.put("/v1/kv/\(key)", key) }
        let keys = try await api.get("/v1/kv/a/?keys")
        #expect(keys.body == #"["a/1","a/b/2","a/b/3"]"#)
        for separator in ["separator", "seperator"] {
            let reply = try await api.get("/v1/kv/a/?keys&\(separator)=/")
            #expect(reply.body == #"["a/1","a/b/"]"#)
        }
        let tree = try await api.get("/v1/kv/a?recurse").array()
        #expect(tree.map { $0["Key"] as? String } == ["a/1", "a/b/2", "a/b/3"])
        #expect(try await api.get("/v1/kv?keys&separator=/").body == #"["a/","b"]"#)
    }

    @Test("keys are the path as it was sent: slashes, escapes and letter case count")
    func spelling() async throws {
        let api = try await ConsulHarness()
        for path in ["dir/", "Dir/", "a%2Fb", "sp%20ace", "%C3%A9", "q%3Fx", "x//y", "a+b"] {
            #expect(try await api.put("/v1/kv/\(path)", path).status == 200)
        }
        #expect(
            api.keeper.read { $0.keys(withPrefix: "") }
                == ["Dir/", "a+b", "a/b", "dir/", "q?x", "sp ace", "x//y", "é"]
        )
        #expect(try await api.get("/v1/kv/dir/").status == 200)
        #expect(try await api.get("/v1/kv/dir").status == 404)
        #expect(try await api.put("/v1/kv/%FF", "x").status == 400)
    }

    @Test("compare-and-set says true or false")
    func compareAndSet() async throws {
        let api = try await ConsulHarness()
        #expect(try await api.put("/v1/kv/a?cas=0", "1").body == "true")
        #expect(try await api.put("/v1/kv/a?cas=0", "2").body == "false")
        let index = try #require(api.keeper.read { $0.entry("a")?.modifyIndex })
        #expect(try await api.put("/v1/kv/a?cas=\(index)", "2").body == "true")
        #expect(try await api.put("/v1/kv/a?cas=\(index)", "3").body == "false")
        #expect(try await api.send(.delete, "/v1/kv/a?cas=1").body == "false")
        let written = try #require(api.keeper.read { $0.entry("a")?.modifyIndex })
        #expect(try await api.send(.delete, "/v1/kv/a?cas=\(written)").body == "true")
        #expect(try await api.get("/v1/kv/a").status == 404)
    }

    @Test("delete removes one key or a tree, and is true for what is not there")
    func deletions() async throws {
        let api = try await ConsulHarness()
        for key in ["a/1", "a/2", "b"] { _ = try await api.put("/v1/kv/\(key)", key) }
        #expect(try await api.send(.delete, "/v1/kv/nope").body == "true")
        #expect(try await api.send(.delete, "/v1/kv/b").body == "true")
        #expect(try await api.send(.delete, "/v1/kv/a?recurse").body == "true")
        #expect(api.keeper.read { $0.keyCount } == 0)
    }

    @Test(
        "bad requests are refused with the reason",
        arguments: [
            ("kv/", "Missing key name"), ("kv/a?cas=x", "Invalid value for ?cas"),
            ("kv/a?flags=-1", "Invalid value for ?flags"),
            ("kv/a?cas=1&acquire=s", "Conflicting flags"),
            ("kv/a?release=s&acquire=s", "Conflicting flags"),
        ]
    )
    func refused(path: String, reason: String) async throws {
        let reply = try await ConsulHarness().put("/v1/\(path)", "x")
        #expect(reply.status == 400)
        #expect(reply.body.hasPrefix(reason))
    }

    @Test("conflicting parameters of DELETE and GET without a key are refused")
    func refusedOthers() async throws {
        let api = try await ConsulHarness()
        #expect(try await api.send(.delete, "/v1/kv/a?recurse&cas=1").status == 400)
        #expect(try await api.send(.delete, "/v1/kv/").status == 400)
        #expect(try await api.get("/v1/kv/").status == 400)
        #expect(try await api.get("/v1/kv/a?stale&consistent").status == 400)
        #expect(try await api.put("/v1/kv/a?dc=other", "x").status == 500)
    }

    @Test("a value that is too large is 413 and changes nothing")
    func tooLarge() async throws {
        let api = try await ConsulHarness()
        let limit = CatalogLimits().valueBytesMax
        let fits = try await api.put("/v1/kv/a", String(repeating: "x", count: limit))
        #expect(fits.status == 200)
        let reply = try await api.put("/v1/kv/b", String(repeating: "x", count: limit + 1))
        #expect(reply.status == 413)
        #expect(reply.body.hasPrefix("Request body(\(limit + 1) bytes) too large"))
        #expect(api.keeper.read { $0.entry("b") } == nil)
    }

    @Test("a lock goes to one session, and an unknown one is an error that clients know")
    func locks() async throws {
        let api = try await ConsulHarness()
        let first = try await api.session(#"{"LockDelay":"0s"}"#)
        let second = try await api.session("")
        #expect(try await api.put("/v1/kv/lock?acquire=\(first)", "1").body == "true")
        #expect(try await api.put("/v1/kv/lock?acquire=\(second)", "2").body == "false")
        let shown = try await api.get("/v1/kv/lock").array()
        #expect(shown[0]["Session"] as? String == first)
        #expect(shown[0]["LockIndex"] as? Int == 1)
        #expect(try await api.put("/v1/kv/lock?release=\(second)", "").body == "false")
        #expect(try await api.put("/v1/kv/lock?release=\(first)", "").body == "true")
        let unknown = try await api.put("/v1/kv/lock?acquire=nobody", "")
        #expect(unknown.status == 500)
        #expect(unknown.body.contains("invalid session"))
    }

    @Test("after a session ended its locks are kept back for its delay")
    func lockDelay() async throws {
        let api = try await ConsulHarness()
        let first = try await api.session("")
        let second = try await api.session("")
        _ = try await api.put("/v1/kv/lock?acquire=\(first)", "1")
        #expect(try await api.put("/v1/session/destroy/\(first)").body == "true")
        #expect(try await api.put("/v1/kv/lock?acquire=\(second)", "2").body == "false")
        let body = #"[{"KV":{"Verb":"lock","Key":"lock","Session":"\#(second)"}}]"#
        let transaction = try await api.put("/v1/txn", body)
        #expect(transaction.status == 409)
        #expect(transaction.body.contains("due to lock delay"))
        #expect(try await api.put("/v1/kv/lock", "3").body == "true")
    }

    @Test("a blocking read wakes for its key and for its prefix, not for others")
    func blocking() async throws {
        let api = try await ConsulHarness()
        _ = try await api.put("/v1/kv/a/1", "1")
        let index = try await api.get("/v1/kv/a/?recurse").headers["X-Consul-Index"] ?? ""
        async let tree = api.get("/v1/kv/a/?recurse&index=\(index)&wait=60s")
        async let missing = api.get("/v1/kv/b?index=1&wait=60s")
        while api.keeper.waiterCount < 2 { await Task.yield() }
        _ = try await api.put("/v1/kv/c", "1")
        #expect(api.keeper.waiterCount == 2)
        _ = try await api.put("/v1/kv/b", "1")
        #expect(try await missing.status == 200)
        #expect(api.keeper.waiterCount == 1)
        _ = try await api.send(.delete, "/v1/kv/a/1")
        #expect(try await tree.status == 404)
    }
}

extension ConsulHarness {
    /// Makes a session and tells its id.
    func session(_ body: String) async throws -> String {
        let reply = try await put("/v1/session/create", body)
        return try #require(try reply.object()["ID"] as? String)
    }
}
