import HTTPTypes
import ServiceCatalog
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Reads with a filter, or sorted by nearness")
struct FilteredReadTests {
    private func harness() async throws -> ConsulHarness {
        let api = try await ConsulHarness()
        for number in 1...3 {
            let reply = try await api.put(
                "/v1/catalog/register",
                #"""
                {"Node":"n\#(number)","ID":"0b7a2f0e-1111-4222-8333-94444444444\#(number)",
                 "Address":"10.0.0.\#(number)","NodeMeta":{"rack":"r\#(number)"},
                 "Service":{"ID":"web-\#(number)","Service":"web","Port":\#(number),
                            "Tags":["t\#(number)"]},
                 "Check":{"CheckID":"c\#(number)","Name":"c","ServiceID":"web-\#(number)",
                          "Status":"\#(number == 2 ? "warning" : "passing")"}}
                """#
            )
            #expect(reply.status == 200, "\(reply.body)")
        }
        for (id, port) in [("a", 80), ("b", 81)] {
            _ = try await api.put(
                "/v1/agent/service/register",
                #"{"ID":"\#(id)","Name":"own","Port":\#(port),"Check":{"TTL":"10s"}}"#
            )
        }
        return api
    }

    @Test(
        "Every read that Consul filters is filtered",
        arguments: [
            ("catalog/nodes", "Meta.rack==r2", ["n2"]),
            ("catalog/service/web", "ServicePort!=2", ["web-1", "web-3"]),
            ("health/service/web", "Checks.Status==warning", ["web-2"]),
            ("health/service/web", "Node.Meta.rack+matches+%60[13]%60", ["web-1", "web-3"]),
            ("health/service/web", "Service.Tags+contains+t3", ["web-3"]),
            ("health/node/n2", "Status==passing", []),
            ("health/checks/web", "Status==passing", ["c1", "c3"]),
            ("health/state/any", "ServiceName==web+and+Node+!=+n1", ["c2", "c3"]),
            ("agent/members", "Name==self", ["self"]),
            ("agent/members", "Tags.role!=consul", []),
        ]
    )
    func lists(path: String, filter: String, names: [String]) async throws {
        let reply = try await harness().get("/v1/\(path)?filter=\(filter)")
        #expect(reply.status == 200, "\(reply.body)")
        let found = reply.json.list.map { item in
            item["CheckID"].text ?? item["Service"]["ID"].text ?? item["ServiceID"].text
                ?? item["Node"].text ?? item["Name"].text ?? ""
        }
        #expect(found == names)
    }

    @Test("Maps are filtered by their values")
    func maps() async throws {
        let api = try await harness()
        func keys(_ path: String) async throws -> [String] {
            try await api.get("/v1/\(path)").json.keys
        }
        #expect(try await keys("agent/services?filter=Port==81") == ["b"])
        #expect(try await keys("agent/checks?filter=ServiceID==a") == ["service:a"])
        #expect(try await keys("catalog/services?filter=ServiceName+matches+%60^w%60") == ["web"])
        #expect(try await keys("catalog/services?filter=NodeMeta.rack==r9") == [])
        let tags = try await api.get("/v1/catalog/services?filter=ServicePort==2").json
        #expect(tags["web"] == .list([.text("t2")]))
        let node = try await api.get("/v1/catalog/node/n1?filter=Port==9").json
        #expect(node["Services"].keys == [])
        #expect(node["Node"]["Node"].text == "n1")
        let services = try await api.get("/v1/catalog/node-services/n1?filter=Port==1").json
        #expect(services["Services"].list.count == 1)
        #expect(try await api.get("/v1/catalog/node/nosuch?filter=Port==1").body == "null")
    }

    @Test("A wrong expression is 500 with Consul's text, wherever a filter is taken")
    func wrong() async throws {
        let api = try await harness()
        for path in [
            "agent/services", "agent/checks", "agent/members", "catalog/nodes",
            "catalog/services", "catalog/service/web", "catalog/node/n1",
            "catalog/node-services/n1", "health/node/n1", "health/checks/web",
            "health/service/web", "health/state/any",
        ] {
            let reply = try await api.get("/v1/\(path)?filter=Nope==1&index=99999&wait=60s")
            #expect(reply.status == 500, "\(path)")
            #expect(
                reply.body == "Failed to create boolean expression evaluator: "
                    + "Selector \"Nope\" is not valid"
            )
        }
    }

    @Test("near brings a node to the front and leaves the rest in order")
    func near() async throws {
        let api = try await harness()
        func nodes(_ near: String, address: String? = nil) async throws -> [String?] {
            try await api.send(
                .get,
                "/v1/catalog/service/web?near=\(near)",
                client: ClientPresence(address: address)
            )
            .json.list.map { $0["Node"].text }
        }
        #expect(try await nodes("N2") == ["n2", "n1", "n3"])
        #expect(try await nodes("nosuch") == ["n1", "n2", "n3"])
        #expect(try await nodes("_ip", address: "10.0.0.3") == ["n3", "n1", "n2"])
        #expect(try await nodes("_ip", address: "10.0.0.9") == ["n1", "n2", "n3"])
        #expect(try await nodes("_ip") == ["n1", "n2", "n3"])
        let all = try await api.get("/v1/catalog/nodes?near=_agent").json
        #expect(all.list.map { $0["Node"].text } == ["self", "n1", "n2", "n3"])
        let checks = try await api.get("/v1/health/checks/web?near=n3").json
        #expect(checks.list.map { $0["CheckID"].text } == ["c3", "c1", "c2"])
        let state = try await api.get("/v1/health/state/passing?near=n3").json
        #expect(state[0]["CheckID"].text == "c3")
        let health = try await api.get("/v1/health/service/web?near=n2").json
        #expect(health[0]["Node"]["Node"].text == "n2")
    }

    @Test("A node is found by its id as well as by its name")
    func nodeByID() async throws {
        let api = try await harness()
        let id = "0b7a2f0e-1111-4222-8333-944444444442"
        let reply = try await api.get("/v1/catalog/node/\(id)").json
        #expect(reply["Node"]["Node"].text == "n2")
        #expect(reply["Services"].keys == ["web-2"])
    }
}
