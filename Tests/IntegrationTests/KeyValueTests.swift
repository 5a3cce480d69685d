import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("Keys and sessions")
    struct KeyValueTests {
        @Test("kill -9: what was acknowledged is there, locks and sessions included")
        func crash() async throws {
            let scratch = try ScratchFolder()
            let first = try await RollcallProcess.start(scratch: scratch)
            #expect(try first.http("PUT", "/v1/kv/config/web?flags=7", "hello").body == "true")
            #expect(try first.http("PUT", "/v1/kv/gone", "x").body == "true")
            #expect(try first.http("DELETE", "/v1/kv/gone").body == "true")
            let made = try first.http("PUT", "/v1/session/create", #"{"TTL": "1h"}"#)
            let session = try #require(made.json["ID"].text)
            let locked = try first.http("PUT", "/v1/kv/lock?acquire=\(session)", "mine")
            #expect(locked.body == "true")
            let body = #"[{"KV": {"Verb": "set", "Key": "t/1", "Value": "MQ=="}}]"#
            #expect(try first.http("PUT", "/v1/txn", body).status == 200)
            first.process.kill()
            try await first.process.untilEnd()
            let second = try await RollcallProcess.start(scratch: scratch)
            #expect(try second.http("GET", "/v1/kv/config/web?raw").body == "hello")
            #expect(try second.http("GET", "/v1/kv/gone").status == 404)
            #expect(try second.http("GET", "/v1/kv/t/1?raw").body == "1")
            let lock = try second.http("GET", "/v1/kv/lock")
            #expect(lock.json[0]["Session"].text == session)
            #expect(try second.http("PUT", "/v1/session/renew/\(session)").status == 200)
            let other = try second.http("PUT", "/v1/session/create")
            let rival = try #require(other.json["ID"].text)
            #expect(try second.http("PUT", "/v1/kv/lock?acquire=\(rival)", "").body == "false")
        }

        @Test("a snapshot brings everything back, and a damaged one changes nothing")
        func snapshot() async throws {
            let server = try await RollcallProcess.start(scratch: try ScratchFolder())
            _ = try server.http("PUT", "/v1/kv/a", "1")
            try server.register(
                #"{"service": "web", "id": "a", "host": "10.0.1.1", "port": 80}"#
            )
            let saved = try server.http("GET", "/v1/snapshot").body
            #expect(try server.http("DELETE", "/v1/kv/?recurse").body == "true")
            #expect(try server.http("DELETE", "/instances/a").status < 300)
            #expect(try server.http("PUT", "/v1/snapshot", saved + "x").status == 400)
            #expect(try server.http("GET", "/v1/kv/a").status == 404)
            #expect(try server.http("PUT", "/v1/snapshot", saved).status == 200)
            #expect(try server.http("GET", "/v1/kv/a?raw").body == "1")
            #expect(try server.dns.addresses("web.service.consul") == ["10.0.1.1"])
        }
    }
}
