import TestSupport
import Testing

@testable import RegistryAPI

@Suite("What Consul's agent says of itself")
struct AgentSelfTests {
    @Test("agent/self has what clients read")
    func agentSelf() async throws {
        let reply = try await ConsulHarness().get("/v1/agent/self").json
        #expect(
            reply.keys == ["Config", "Coord", "DebugConfig", "Member", "Meta", "Stats", "xDS"]
        )
        #expect(reply["Config"]["Datacenter"].text == "dc1")
        #expect(reply["Config"]["NodeName"].text == "self")
        #expect(reply["Config"]["Server"] == .bool(true))
        #expect(reply["Config"]["Version"].text == "1.21.4+rollcall")
        #expect(reply["Member"]["Addr"].text == "127.0.0.1")
        #expect(reply["Member"]["Status"].number == 1)
        #expect(reply["DebugConfig"]["DNSPort"].number == 8600)
        #expect(
            reply["DebugConfig"]["DNSAddrs"]
                == .list([.text("tcp://127.0.0.1:8600"), .text("udp://127.0.0.1:8600")])
        )
        #expect(reply["Meta"]["rollcall-version"].text == "0.1")
    }

    @Test("One server is all members, the leader and the only peer")
    func cluster() async throws {
        let api = try await ConsulHarness()
        let members = try await api.get("/v1/agent/members").json
        #expect(members.list.count == 1)
        #expect(members[0]["Name"].text == "self")
        #expect(try await api.get("/v1/status/leader").body == #""127.0.0.1:8300""#)
        #expect(try await api.get("/v1/status/peers").body == #"["127.0.0.1:8300"]"#)
    }

    @Test("agent/health tells the worst status by its code")
    func health() async throws {
        let api = try await ConsulHarness()
        for (id, status) in [("p", "passing"), ("w", "warning"), ("c", "critical")] {
            _ = try await api.put(
                "/v1/agent/service/register",
                #"{"ID":"\#(id)","Name":"s\#(id)","Check":{"TTL":"10s","Status":"\#(status)"}}"#
            )
        }
        for (id, status, code) in [
            ("p", "passing", 200), ("w", "warning", 429), ("c", "critical", 503),
        ] {
            let reply = try await api.get("/v1/agent/health/service/id/\(id)")
            #expect(reply.status == code)
            #expect(reply.json["AggregatedStatus"].text == status)
            #expect(reply.json["Service"]["ID"].text == id)
            #expect(reply.json["Checks"].list.count == 1)
            #expect(reply.json["Checks"][0]["Type"].text == "")
            let text = try await api.get("/v1/agent/health/service/name/s\(id)?format=text")
            #expect(text.status == code)
            #expect(text.body == status)
        }
        _ = try await api.put("/v1/agent/service/maintenance/p?enable=true")
        let maintained = try await api.get("/v1/agent/health/service/name/sp")
        #expect(maintained.status == 503)
        #expect(maintained.json[0]["AggregatedStatus"].text == "maintenance")
        #expect(try await api.get("/v1/agent/health/service/id/nosuch").status == 404)
        let unknown = try await api.get("/v1/agent/health/service/name/nosuch")
        #expect(unknown.status == 404)
        #expect(unknown.body == "[]")
    }
}
