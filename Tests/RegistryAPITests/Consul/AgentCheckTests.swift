import ServiceCatalog
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Consul agent checks")
struct AgentCheckTests {
    @Test("A check of the node is shown in full")
    func golden() async throws {
        let api = try await ConsulHarness()
        let body = #"""
            {"ID":"disk","Name":"Disk","Notes":"n","HTTP":"http://10.0.0.1/up","Interval":"90s",
             "Timeout":"2.5s","Status":"passing"}
            """#
        #expect(try await api.put("/v1/agent/check/register", body).status == 200)
        let index = api.keeper.read { $0.index }
        #expect(
            try await api.get("/v1/agent/checks").body
                == #"{"disk":{"Node":"self","CheckID":"disk","Name":"Disk","Status":"passing","#
                + #""Notes":"n","Output":"","ServiceID":"","ServiceName":"","ServiceTags":[],"#
                + #""Type":"http","Interval":"1m30s","Timeout":"2.5s","ExposedPort":0,"#
                + #""Definition":{},"CreateIndex":\#(index),"ModifyIndex":\#(index)}}"#
        )
    }

    @Test("The id is the name where there is none; both spellings of it are read")
    func ids() async throws {
        let api = try await ConsulHarness()
        _ = try await api.put("/v1/agent/check/register", #"{"Name":"one","TTL":"1s"}"#)
        _ = try await api.put(
            "/v1/agent/check/register",
            #"{"CheckID":"","ID":"two","Name":"x","TTL":"1s"}"#
        )
        _ = try await api.put(
            "/v1/agent/check/register",
            #"{"CheckID":"three","Name":"x","TTL":"1s"}"#
        )
        #expect(try await api.get("/v1/agent/checks").json.keys == ["one", "three", "two"])
    }

    @Test("A check of a service takes its name and tags; an unknown service is 404")
    func ofService() async throws {
        let api = try await ConsulHarness()
        let body = #"{"Name":"c","TTL":"1s","ServiceID":"s"}"#
        let early = try await api.put("/v1/agent/check/register", body)
        #expect(early.status == 404)
        #expect(early.body == "ServiceID \"s\" does not exist")
        _ = try await api.put(
            "/v1/agent/service/register",
            #"{"ID":"s","Name":"svc","Tags":["t"]}"#
        )
        #expect(try await api.put("/v1/agent/check/register", body).status == 200)
        let check = try await api.get("/v1/agent/checks").json["c"]
        #expect(check["ServiceName"].text == "svc")
        #expect(check["ServiceTags"] == .list([.text("t")]))
    }

    @Test("Reports set status and output and renew the check")
    func reports() async throws {
        let api = try await ConsulHarness()
        _ = try await api.put("/v1/agent/check/register", #"{"ID":"t","Name":"t","TTL":"10s"}"#)
        for (verb, status) in [("pass", "passing"), ("warn", "warning"), ("fail", "critical")] {
            let reply = try await api.put("/v1/agent/check/\(verb)/t?note=so+it%20is")
            #expect(reply.status == 200)
            #expect(reply.body.isEmpty)
            let check = try await api.get("/v1/agent/checks").json["t"]
            #expect(check["Status"].text == status)
            #expect(check["Output"].text == "so it is")
        }
        let update = #"{"Status":"warning","Output":"by update"}"#
        #expect(try await api.put("/v1/agent/check/update/t", update).status == 200)
        #expect(try await api.get("/v1/agent/checks").json["t"]["Output"].text == "by update")
        #expect(api.leases.renewedChecks.count == 4)
    }

    @Test("A report that says nothing new renews and writes nothing")
    func sameReport() async throws {
        let api = try await ConsulHarness()
        _ = try await api.put("/v1/agent/check/register", #"{"ID":"t","Name":"t","TTL":"10s"}"#)
        _ = try await api.put("/v1/agent/check/pass/t")
        let index = api.keeper.read { $0.index }
        _ = try await api.put("/v1/agent/check/pass/t")
        #expect(api.keeper.read { $0.index } == index)
        #expect(api.leases.renewedChecks.count == 2)
    }

    @Test("Output is cut to what the check allows, whole characters only")
    func longOutput() async throws {
        let api = try await ConsulHarness()
        let body = #"{"ID":"t","Name":"t","TTL":"10s","OutputMaxSize":5}"#
        _ = try await api.put("/v1/agent/check/register", body)
        _ = try await api.put(
            "/v1/agent/check/update/t",
            #"{"Status":"passing","Output":"abcdéf"}"#
        )
        #expect(try await api.get("/v1/agent/checks").json["t"]["Output"].text == "abcd")
    }

    @Test("Reports to what is unknown or no TTL check are refused")
    func badReports() async throws {
        let api = try await ConsulHarness()
        let unknown = try await api.put("/v1/agent/check/pass/nosuch")
        #expect(unknown.status == 404)
        #expect(unknown.body.hasPrefix("Unknown check ID \"nosuch\""))
        #expect(try await api.put("/v1/agent/check/deregister/nosuch").status == 404)
        #expect(try await api.put("/v1/agent/check/deregister/serfHealth").status == 404)
        #expect(try await api.put("/v1/agent/check/pass/").status == 400)
        _ = try await api.put(
            "/v1/agent/check/register",
            #"{"Name":"h","TCP":"127.0.0.1:1","Interval":"1s"}"#
        )
        let noTTL = try await api.put("/v1/agent/check/pass/h")
        #expect(noTTL.status == 500)
        #expect(noTTL.body == "CheckID \"h\" does not have associated TTL")
        let badStatus = try await api.put(
            "/v1/agent/check/update/h",
            #"{"Status":"splendid"}"#
        )
        #expect(badStatus.status == 400)
        #expect(badStatus.body == "Invalid check status: 'splendid'")
    }

    @Test("A deregistered check is gone")
    func deregister() async throws {
        let api = try await ConsulHarness()
        _ = try await api.put("/v1/agent/check/register", #"{"ID":"t","Name":"t","TTL":"10s"}"#)
        #expect(try await api.put("/v1/agent/check/deregister/t").status == 200)
        #expect(try await api.get("/v1/agent/checks").body == "{}")
    }
}
