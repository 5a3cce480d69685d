import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Consul catalog reads")
struct CatalogReadTests {
    /// Two external nodes with a service, beside the local node.
    private func harness() async throws -> ConsulHarness {
        let api = try await ConsulHarness()
        for body in [
            #"""
            {"Node":"ext-1","Address":"10.2.0.1","NodeMeta":{"rack":"r1","env":"prod"},
             "TaggedAddresses":{"lan":"10.2.0.1"},
             "Service":{"ID":"db-1","Service":"db","Tags":["master","a"],"Port":5432,"Meta":{"s":"a"}}}
            """#,
            #"""
            {"Node":"ext-2","Address":"10.2.0.2","NodeMeta":{"rack":"r2","env":"prod"},
             "Service":{"ID":"db-2","Service":"db","Tags":["replica","a"],"Port":5433,"Address":"10.9.9.9"}}
            """#,
        ] {
            let reply = try await api.put("/v1/catalog/register", body)
            #expect(reply.status == 200)
            #expect(reply.body == "true")
        }
        return api
    }

    @Test("catalog/service is one flat object for each instance, in order of node")
    func service() async throws {
        let reply = try await harness().get("/v1/catalog/service/db")
        #expect(
            reply.body == #"[{"ID":"","Node":"ext-1","Address":"10.2.0.1","Datacenter":"dc1","#
                + #""TaggedAddresses":{"lan":"10.2.0.1"},"NodeMeta":{"env":"prod","rack":"r1"},"#
                + #""ServiceKind":"","ServiceID":"db-1","ServiceName":"db","#
                + #""ServiceTags":["master","a"],"ServiceAddress":"","#
                + #""ServiceWeights":{"Passing":1,"Warning":1},"ServiceMeta":{"s":"a"},"#
                + #""ServicePort":5432,"ServiceSocketPath":"","ServiceEnableTagOverride":false,"#
                + #""ServiceProxy":{"Mode":"","MeshGateway":{},"Expose":{}},"ServiceConnect":{},"#
                + #""CreateIndex":3,"ModifyIndex":3},"#
                + #"{"ID":"","Node":"ext-2","Address":"10.2.0.2","Datacenter":"dc1","#
                + #""TaggedAddresses":null,"NodeMeta":{"env":"prod","rack":"r2"},"#
                + #""ServiceKind":"","ServiceID":"db-2","ServiceName":"db","#
                + #""ServiceTags":["replica","a"],"ServiceAddress":"10.9.9.9","#
                + #""ServiceWeights":{"Passing":1,"Warning":1},"ServiceMeta":{},"#
                + #""ServicePort":5433,"ServiceSocketPath":"","ServiceEnableTagOverride":false,"#
                + #""ServiceProxy":{"Mode":"","MeshGateway":{},"Expose":{}},"ServiceConnect":{},"#
                + #""CreateIndex":4,"ModifyIndex":4}]"#
        )
        #expect(reply.headers["X-Consul-Index"] == "4")
        #expect(reply.headers["X-Consul-Knownleader"] == "true")
        #expect(reply.headers["X-Consul-Lastcontact"] == "0")
        #expect(reply.headers["X-Consul-Effective-Consistency"] == "leader")
    }

    @Test(
        "Tags are all required, in any letter case; node meta too",
        arguments: [
            ("tag=master", ["db-1"]), ("tag=A", ["db-1", "db-2"]), ("tag=a&tag=replica", ["db-2"]),
            ("tag=none", []), ("node-meta=rack:r2", ["db-2"]),
            ("node-meta=env:prod", ["db-1", "db-2"]),
            ("node-meta=env:prod&node-meta=rack:r1", ["db-1"]), ("node-meta=env", []),
            ("near=_agent&stale", ["db-1", "db-2"]), ("dc=DC1&cached", ["db-1", "db-2"]),
        ]
    )
    func selection(_ query: String, _ ids: [String]) async throws {
        let reply = try await harness().get("/v1/catalog/service/db?\(query)")
        #expect(reply.json.list.compactMap { $0["ServiceID"].text } == ids)
    }

    @Test("catalog/services unites the tags; this server is among them")
    func services() async throws {
        let api = try await harness()
        #expect(
            try await api.get("/v1/catalog/services").body
                == #"{"consul":[],"db":["a","master","replica"]}"#
        )
        #expect(
            try await api.get("/v1/catalog/services?node-meta=rack:r1").body
                == #"{"db":["a","master"]}"#
        )
    }

    @Test("catalog/nodes lists nodes by name, without maps that were not given")
    func nodes() async throws {
        let api = try await harness()
        let nodes = try await api.get("/v1/catalog/nodes").json
        #expect(nodes.list.map { $0["Node"].text } == ["ext-1", "ext-2", "self"])
        #expect(nodes[1]["TaggedAddresses"] == .null)
        #expect(nodes[0].keys.contains("Meta"))
        let filtered = try await api.get("/v1/catalog/nodes?node-meta=rack:r2")
        #expect(
            filtered.body == #"[{"ID":"","Node":"ext-2","Address":"10.2.0.2","#
                + #""Datacenter":"dc1","TaggedAddresses":null,"Meta":{"env":"prod","rack":"r2"},"#
                + #""CreateIndex":4,"ModifyIndex":4}]"#
        )
    }

    @Test("A node comes with its services, by id or as a list; an unknown one is null")
    func node() async throws {
        let api = try await harness()
        let node = try await api.get("/v1/catalog/node/EXT-1").json
        #expect(node["Node"]["Node"].text == "ext-1")
        #expect(node["Services"]["db-1"]["Service"].text == "db")
        #expect(node["Services"]["db-1"]["Meta"]["s"].text == "a")
        let list = try await api.get("/v1/catalog/node-services/ext-2").json
        #expect(list["Services"][0]["ID"].text == "db-2")
        #expect(list["Services"][0]["Meta"] == .null)
        let unknown = try await api.get("/v1/catalog/node/nosuch")
        #expect(unknown.status == 200)
        #expect(unknown.body == "null")
        #expect(unknown.headers["X-Consul-Index"] == "4")
        #expect(
            try await api.get("/v1/catalog/node-services/nosuch").body
                == #"{"Node":null,"Services":null}"#
        )
    }

    @Test("Datacenters, unknown services and missing names")
    func rest() async throws {
        let api = try await harness()
        let datacenters = try await api.get("/v1/catalog/datacenters")
        #expect(datacenters.body == #"["dc1"]"#)
        #expect(datacenters.headers["X-Consul-Index"] == nil)
        let unknown = try await api.get("/v1/catalog/service/nosuch")
        #expect(unknown.status == 200)
        #expect(unknown.body == "[]")
        let missing = try await api.get("/v1/catalog/service/")
        #expect(missing.status == 400)
        #expect(missing.body == "Missing service name")
    }

    @Test("pretty indents")
    func pretty() async throws {
        let reply = try await ConsulHarness().get("/v1/catalog/datacenters?pretty")
        #expect(reply.body == "[\n    \"dc1\"\n]\n")
    }
}
