import ServiceCatalog
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Consul sessions")
struct SessionTests {
    @Test("a session with nothing said has Consul's defaults")
    func defaults() async throws {
        let api = try await ConsulHarness()
        let id = try await api.session("")
        let reply = try await api.get("/v1/session/info/\(id)")
        let index = try #require(api.keeper.read { $0.session(id) }).createIndex
        #expect(
            reply.body == #"[{"ID":"\#(id)","Name":"","Node":"self","LockDelay":15000000000,"#
                + #""Behavior":"release","TTL":"","NodeChecks":["serfHealth"],"#
                + #""ServiceChecks":null,"CreateIndex":\#(index),"ModifyIndex":\#(index)}]"#
        )
        #expect(reply.headers["X-Consul-Index"] == "\(index)")
    }

    @Test("fields in lower case, times as Go spells them")
    func lowerCase() async throws {
        let api = try await ConsulHarness()
        let id = try await api.session(
            #"{"ttl":"15.0s","lockdelay":"0.001s","behavior":"delete","name":"p","checks":[]}"#
        )
        let session = try #require(api.keeper.read { $0.session(id) })
        #expect(session.ttlMilliseconds == 15_000)
        #expect(session.lockDelayMilliseconds == 1)
        #expect(session.behavior == .delete)
        #expect(session.name == "p" && session.nodeChecks.isEmpty)
        let shown = try await api.get("/v1/session/info/\(id)").array()
        #expect(shown[0]["TTL"] as? String == "15.0s")
        #expect(shown[0]["LockDelay"] as? Int == 1_000_000)
    }

    @Test(
        "a lock delay below 1000 is in seconds, else in nanoseconds",
        arguments: [("0", 0), ("15", 15_000), ("999", 999_000), ("5000000000", 5_000)]
    )
    func lockDelay(number: String, milliseconds: Int) async throws {
        let api = try await ConsulHarness()
        let id = try await api.session(#"{"LockDelay":\#(number)}"#)
        #expect(api.keeper.read { $0.session(id)?.lockDelayMilliseconds } == milliseconds)
    }

    @Test(
        "what cannot be is refused in Consul's words",
        arguments: [
            (
                #"{"TTL":"5s"}"#, 500,
                "Invalid Session TTL '5000000000', must be between [10s=24h0m0s]"
            ),
            (#"{"TTL":"25h"}"#, 500, "Invalid Session TTL"),
            (#"{"TTL":"soon"}"#, 500, "Session TTL 'soon' invalid"),
            (#"{"Behavior":"explode"}"#, 500, "Invalid session behavior: explode"),
            (#"{"Node":"nowhere"}"#, 500, "Missing node registration"),
            (#"{"NodeChecks":["nope"]}"#, 500, "Missing check 'nope' registration"),
            (#"{"Colour":"red"}"#, 400, "Request decode failed"),
            (#"["#, 400, "Request decode failed"),
        ]
    )
    func refused(body: String, status: Int, reason: String) async throws {
        let reply = try await ConsulHarness().put("/v1/session/create", body)
        #expect(reply.status == status)
        #expect(reply.body.hasPrefix(reason))
    }

    @Test("a critical check is no ground for a session")
    func criticalCheck() async throws {
        let api = try await ConsulHarness()
        try await api.log.append(
            .checkStatus(CheckKey(node: "self", id: "serfHealth"), .critical, output: "")
        )
        let reply = try await api.put("/v1/session/create")
        #expect(reply.status == 500)
        #expect(reply.body == "Check 'serfHealth' is in critical state")
    }

    @Test("renew tells the session, and 404 when it is gone")
    func renewal() async throws {
        let api = try await ConsulHarness()
        let id = try await api.session(#"{"TTL":"10s"}"#)
        let writes = api.log.changes.count
        let renewed = try await api.put("/v1/session/renew/\(id)")
        #expect(renewed.status == 200)
        #expect(try renewed.array().first?["ID"] as? String == id)
        #expect(api.log.changes.count == writes)
        #expect(try await api.put("/v1/session/destroy/\(id)").body == "true")
        #expect(try await api.put("/v1/session/destroy/\(id)").body == "true")
        let gone = try await api.put("/v1/session/renew/\(id)")
        #expect(gone.status == 404)
        #expect(gone.body == "Session id '\(id)' not found")
        let noTTL = try await api.session("")
        #expect(try await api.put("/v1/session/renew/\(noTTL)").status == 200)
    }

    @Test("list and node show sessions, an unknown one is an empty list")
    func lists() async throws {
        let api = try await ConsulHarness()
        let ids = [try await api.session(""), try await api.session("")].sorted()
        for path in ["list", "node/SELF"] {
            let shown = try await api.get("/v1/session/\(path)").array()
            #expect(shown.compactMap { $0["ID"] as? String } == ids)
        }
        #expect(try await api.get("/v1/session/node/other").body == "[]")
        #expect(try await api.get("/v1/session/info/nope").body == "[]")
        #expect(try await api.get("/v1/session/info/").status == 400)
    }

    @Test("a blocking list wakes when a session ends")
    func blocking() async throws {
        let api = try await ConsulHarness()
        let id = try await api.session("")
        let index = try await api.get("/v1/session/list").headers["X-Consul-Index"] ?? ""
        async let waiting = api.get("/v1/session/list?index=\(index)&wait=60s")
        while api.keeper.waiterCount < 1 { await Task.yield() }
        _ = try await api.put("/v1/kv/a?acquire=\(id)", "x")
        #expect(api.keeper.waiterCount == 1)
        _ = try await api.put("/v1/session/destroy/\(id)")
        #expect(try await waiting.body == "[]")
    }
}
