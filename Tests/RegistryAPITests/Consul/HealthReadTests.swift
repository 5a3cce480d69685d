import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Consul health reads")
struct HealthReadTests {
    private func harness() async throws -> ConsulHarness {
        let api = try await ConsulHarness()
        for body in [
            #"{"ID":"a-1","Name":"api","Port":81,"Check":{"TTL":"10s","Status":"passing"}}"#,
            #"{"ID":"a-2","Name":"api","Port":82,"Check":{"TTL":"10s","Status":"warning"}}"#,
        ] {
            _ = try await api.put("/v1/agent/service/register", body)
        }
        _ = try await api.put(
            "/v1/catalog/register",
            #"""
            {"Node":"far","Address":"10.0.0.4","NodeMeta":{"r":"1"},"Service":{"ID":"a-3","Service":"api"},
             "Checks":[{"CheckID":"n","Name":"node","Status":"critical"}]}
            """#
        )
        return api
    }

    private func ids(_ reply: ConsulAnswer) -> [String?] {
        reply.json.list.map { $0["Service"]["ID"].text }
    }

    @Test("An endpoint has its node, its instance, the node's checks and its own")
    func golden() async throws {
        let api = try await ConsulHarness()
        _ = try await api.put(
            "/v1/catalog/register",
            #"""
            {"Node":"far","Address":"10.0.0.4","Service":{"Service":"api","Port":8},
             "Check":{"CheckID":"c","Name":"own","ServiceID":"api","Status":"passing","Notes":"n"}}
            """#
        )
        #expect(
            try await api.get("/v1/health/service/api").body
                == #"[{"Node":{"ID":"","Node":"far","Address":"10.0.0.4","Datacenter":"dc1","#
                + #""TaggedAddresses":null,"Meta":null,"CreateIndex":3,"ModifyIndex":3},"#
                + #""Service":{"ID":"api","Service":"api","Tags":[],"Address":"","Meta":null,"#
                + #""Port":8,"Weights":{"Passing":1,"Warning":1},"EnableTagOverride":false,"#
                + #""Proxy":{"Mode":"","MeshGateway":{},"Expose":{}},"Connect":{},"#
                + #""CreateIndex":3,"ModifyIndex":3},"Checks":[{"Node":"far","CheckID":"c","#
                + #""Name":"own","Status":"passing","Notes":"n","Output":"","ServiceID":"api","#
                + #""ServiceName":"api","ServiceTags":[],"Type":"","Interval":"","Timeout":"","#
                + #""ExposedPort":0,"Definition":{},"CreateIndex":3,"ModifyIndex":3}]}]"#
        )
        let own = try await api.get("/v1/health/service/consul").json[0]
        #expect(own["Checks"][0]["CheckID"].text == "serfHealth")
    }

    @Test("passing leaves out whatever is not passing, warning included")
    func passing() async throws {
        let api = try await harness()
        #expect(ids(try await api.get("/v1/health/service/api")) == ["a-3", "a-1", "a-2"])
        for query in ["passing", "passing=1", "passing=true"] {
            #expect(ids(try await api.get("/v1/health/service/api?\(query)")) == ["a-1"])
        }
        for query in ["passing=false", "passing=0"] {
            #expect(ids(try await api.get("/v1/health/service/api?\(query)")).count == 3)
        }
        let bad = try await api.get("/v1/health/service/api?passing=maybe")
        #expect(bad.status == 400)
        #expect(bad.body.hasPrefix("Invalid value for ?passing"))
        #expect(bad.headers["X-Consul-Index"] != nil)
    }

    @Test("Checks are found by service, by node and by state")
    func checks() async throws {
        let api = try await harness()
        func ids(_ path: String) async throws -> [String?] {
            try await api.get("/v1/health/\(path)").json.list.map { $0["CheckID"].text }
        }
        #expect(try await ids("checks/api") == ["service:a-1", "service:a-2"])
        #expect(try await ids("checks/nosuch") == [])
        #expect(try await ids("node/far") == ["n"])
        #expect(try await ids("node/self") == ["serfHealth", "service:a-1", "service:a-2"])
        #expect(try await ids("state/any") == ["n", "serfHealth", "service:a-1", "service:a-2"])
        #expect(try await ids("state/critical") == ["n"])
        #expect(try await ids("state/any?node-meta=r:1") == ["n"])
        #expect(try await ids("state/weird") == [])
        #expect(try await api.get("/v1/health/node/nosuch").body == "[]")
        #expect(try await api.get("/v1/health/service/").body == "Missing service name")
    }
}
