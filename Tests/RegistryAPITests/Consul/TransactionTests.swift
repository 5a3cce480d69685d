import Foundation
import ServiceCatalog
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Consul transactions")
struct TransactionTests {
    @Test("results tell what was written and read, in order")
    func results() async throws {
        let api = try await ConsulHarness()
        let reply = try await api.put(
            "/v1/txn",
            #"""
            [{"KV":{"Verb":"set","Key":"a","Value":"MQ==","Flags":3098476543630901248}},
             {"KV":{"Verb":"get","Key":"a"}},
             {"KV":{"Verb":"get-or-empty","Key":"z"}},
             {"KV":{"Verb":"delete","Key":"nope"}},
             {"Node":{"Verb":"get","Node":{"Node":"self"}}},
             {"Check":{"Verb":"get","Check":{"Node":"self","CheckID":"serfHealth"}}},
             {"Service":{"Verb":"get","Node":"self","Service":{"ID":"consul"}}}]
            """#
        )
        #expect(reply.status == 200)
        let index = api.keeper.read { $0.index }
        let entry = { (value: String) in
            #"{"KV":{"LockIndex":0,"Key":"a","Flags":3098476543630901248,"Value":\#(value),"#
                + #""CreateIndex":\#(index),"ModifyIndex":\#(index)}}"#
        }
        #expect(
            reply.body.hasPrefix(
                #"{"Results":[\#(entry("null")),\#(entry(#""MQ==""#)),"#
                    + #"{"KV":{"LockIndex":0,"Key":"z","Flags":0,"Value":null,"#
                    + #""CreateIndex":0,"ModifyIndex":0}},{"Node":{"#
            )
        )
        #expect(reply.body.hasSuffix(#"}}],"Errors":null}"#))
        let results = try #require(try reply.object()["Results"] as? [[String: Any]])
        #expect(results.count == 6)
    }

    @Test("a failure is 409 with what went wrong, and nothing was done")
    func conflict() async throws {
        let api = try await ConsulHarness()
        let reply = try await api.put(
            "/v1/txn",
            #"[{"KV":{"Verb":"set","Key":"a"}},{"KV":{"Verb":"cas","Key":"b","Index":9}},"#
                + #"{"KV":{"Verb":"check-not-exists","Key":"a"}}]"#
        )
        #expect(reply.status == 409)
        #expect(
            reply.body == #"{"Results":null,"Errors":[{"OpIndex":1,"#
                + #""What":"failed to set key \"b\", index is stale"},"#
                + #"{"OpIndex":2,"What":"key \"a\" exists"}]}"#
        )
        #expect(api.keeper.read { $0.keyCount } == 0)
    }

    @Test("a transaction that only reads is not written, and tells of leader and contact")
    func readOnly() async throws {
        let api = try await ConsulHarness()
        _ = try await api.put("/v1/kv/a", "1")
        let writes = api.log.changes.count
        let reply = try await api.put("/v1/txn", #"[{"KV":{"Verb":"get-tree","Key":""}}]"#)
        #expect(reply.status == 200)
        #expect(reply.headers["X-Consul-Knownleader"] == "true")
        #expect(api.log.changes.count == writes)
        let failed = try await api.put("/v1/txn", #"[{"KV":{"Verb":"get","Key":"z"}}]"#)
        #expect(failed.status == 409)
        #expect(failed.body.contains(#"key \"z\" doesn't exist"#))
    }

    @Test("nodes, services and checks of an external node, as consul-esm writes them")
    func records() async throws {
        let api = try await ConsulHarness()
        let made = try await api.put(
            "/v1/txn",
            #"""
            [{"Node":{"Verb":"set","Node":{"Node":"ext","Address":"10.2.0.1","Meta":{"external-node":"true"}}}},
             {"Service":{"Verb":"set","Node":"ext","Service":{"ID":"db-1","Service":"db","Port":5432}}},
             {"Check":{"Verb":"set","Check":{"Node":"ext","CheckID":"up","Name":"up","Status":"passing","ServiceID":"db-1"}}}]
            """#
        )
        #expect(made.status == 200)
        let key = CheckKey(node: "ext", id: "up")
        let check = try #require(api.keeper.read { $0.check(key) })
        #expect(check.serviceName == "db" && check.status == .passing)
        let stale = try await api.put(
            "/v1/txn",
            #"[{"Check":{"Verb":"cas","Check":{"Node":"ext","CheckID":"up","Status":"critical","#
                + #""ServiceID":"db-1","ModifyIndex":1}}}]"#
        )
        #expect(stale.status == 409)
        #expect(stale.body.contains("index is stale"))
        let changed = try await api.put(
            "/v1/txn",
            #"[{"Check":{"Verb":"cas","Check":{"Node":"ext","CheckID":"up","Status":"critical","#
                + #""ServiceID":"db-1","ModifyIndex":\#(check.modifyIndex)}}}]"#
        )
        #expect(changed.status == 200)
        #expect(api.keeper.read { $0.check(key)?.status } == .critical)
        let gone = try await api.put(
            "/v1/txn",
            #"[{"Node":{"Verb":"delete","Node":{"Node":"ext"}}}]"#
        )
        #expect(gone.status == 200)
        #expect(api.keeper.read { $0.node("ext") } == nil)
    }

    @Test(
        "bad bodies are refused whole",
        arguments: [
            (#"[{"KV":{"Verb":"explode","Key":"a"}}]"#, 400),
            (#"[{"KV":{"Verb":"set","Key":""}}]"#, 400),
            (#"[{"KV":{"Verb":"set","Key":"a","Value":"%%%"}}]"#, 400),
            (#"[{"Colour":{}}]"#, 400), (#"{"KV":{}}"#, 400), ("[", 400),
            (#"[{"Node":{"Verb":"delete","Node":{"Node":"self"}}}]"#, 400),
            (#"[{"Check":{"Verb":"delete","Check":{"Node":"self","CheckID":"serfHealth"}}}]"#, 400),
            (
                "["
                    + Array(repeating: #"{"KV":{"Verb":"get","Key":"a"}}"#, count: 129)
                    .joined(separator: ",") + "]", 413
            ),
        ]
    )
    func refused(body: String, status: Int) async throws {
        let api = try await ConsulHarness()
        let reply = try await api.put("/v1/txn", body)
        #expect(reply.status == status)
        #expect(!reply.body.isEmpty)
        #expect(api.keeper.read { $0.keyCount } == 0)
    }

    @Test("too much in one transaction is 413")
    func tooLarge() async throws {
        let value = Base64Bytes([UInt8](repeating: 0, count: 300 << 10)).base64
        let set = { (key: String) in #"{"KV":{"Verb":"set","Key":"\#(key)","Value":"\#(value)"}}"# }
        let api = try await ConsulHarness()
        #expect(try await api.put("/v1/txn", "[\(set("a"))]").status == 200)
        #expect(try await api.put("/v1/txn", "[\(set("b")),\(set("c"))]").status == 413)
    }

    @Test("an empty transaction does nothing")
    func empty() async throws {
        let reply = try await ConsulHarness().put("/v1/txn", "[]")
        #expect(reply.body == #"{"Results":[],"Errors":null}"#)
    }
}
