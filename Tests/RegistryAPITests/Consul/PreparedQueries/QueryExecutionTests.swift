import HTTPTypes
import ServiceCatalog
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Consul prepared queries, executed")
struct QueryExecutionTests {
    private func harness(_ queries: String...) async throws -> ConsulHarness {
        let api = try await ConsulHarness()
        for (name, address, tags, status) in [
            ("n1", "10.1.1.1", #"["a","b"]"#, "passing"), ("n2", "10.1.2.2", #"["a"]"#, "warning"),
            ("n3", "10.9.3.3", "[]", "critical"),
        ] {
            _ = try await api.put(
                "/v1/catalog/register",
                #"""
                {"Node":"\#(name)","Address":"\#(address)",
                 "Service":{"ID":"web-\#(name)","Service":"web","Port":80,"Tags":\#(tags)},
                 "Check":{"CheckID":"c-\#(name)","Name":"c","ServiceID":"web-\#(name)","Status":"\#(status)"}}
                """#
            )
        }
        for query in queries {
            let reply = try await api.send(.post, "/v1/query", query)
            #expect(reply.status == 200, "\(reply.body)")
        }
        return api
    }

    private func nodes(_ reply: ConsulAnswer) -> [String?] {
        reply.json["Nodes"].list.map { $0["Node"]["Node"].text }
    }

    @Test("The answer has the instances as health/service has them, and says where they are")
    func golden() async throws {
        let api = try await harness(
            #"{"Name":"web","Service":{"Service":"web","Tags":["B"]},"DNS":{"TTL":"7s"}}"#
        )
        let reply = try await api.get("/v1/query/WEB/execute?stale")
        let health = try await api.get("/v1/health/service/web?tag=b").body
        #expect(
            reply.body
                == #"{"Service":"web","Nodes":\#(health),"DNS":{"TTL":"7s"},"Datacenter":"dc1","#
                + #""Failovers":0,"Index":0,"LastContact":0,"KnownLeader":true,"#
                + #""ConsistencyLevel":"stale","NotModified":false,"Backend":0,"#
                + #""ResultsFilteredByACLs":false}"#
        )
        #expect(reply.headers["X-Consul-Index"] == "1")
        #expect(reply.headers["X-Consul-Effective-Consistency"] == "stale")
    }

    @Test("Health, tags, ignored checks, limit and nearness are what the query and the caller say")
    func parameters() async throws {
        let api = try await harness(
            #"{"Name":"all","Service":{"Service":"web"}}"#,
            #"{"Name":"passing","Service":{"Service":"web","OnlyPassing":true}}"#,
            #"{"Name":"ignoring","Service":{"Service":"web","IgnoreCheckIDs":["c-n3"]}}"#,
            #"{"Name":"not-b","Service":{"Service":"web","Tags":["!b"]}}"#,
            #"{"Name":"near","Service":{"Service":"web","Near":"n2"}}"#,
            #"{"Name":"none","Service":{"Service":"nothing","Failover":{"Datacenters":["dc2"]}}}"#
        )
        func execute(_ path: String) async throws -> [String?] {
            nodes(try await api.get("/v1/query/\(path)"))
        }
        #expect(Set(try await execute("all/execute")) == ["n1", "n2"])
        #expect(try await execute("passing/execute") == ["n1"])
        #expect(Set(try await execute("ignoring/execute")) == ["n1", "n2", "n3"])
        #expect(try await execute("not-b/execute") == ["n2"])
        #expect(try await execute("near/execute") == ["n2", "n1"])
        #expect(try await execute("near/execute?near=n1") == ["n1", "n2"])
        #expect(try await execute("near/execute?limit=1") == ["n2"])
        #expect(try await execute("all/execute?connect=true") == [])
        let none = try await api.get("/v1/query/none/execute")
        #expect(none.json["Nodes"].list.isEmpty && none.body.contains(#""Nodes":[]"#))
        #expect(none.json["Failovers"].number == 0)
        #expect(none.json["Datacenter"].text == "dc1")
    }

    @Test("_ip is what the first proxy saw, else the connection's address")
    func sourceAddress() async throws {
        let api = try await harness(#"{"Name":"near","Service":{"Service":"web","Near":"_ip"}}"#)
        let field = try #require(HTTPField.Name("X-Forwarded-For"))
        for _ in 0..<8 {
            let proxied = try await api.send(
                .get,
                "/v1/query/near/execute",
                headers: [field: "10.1.2.77, 127.0.0.1"],
                client: ClientPresence(address: "10.1.1.1")
            )
            #expect(nodes(proxied) == ["n2", "n1"])
            let direct = try await api.send(
                .get,
                "/v1/query/near/execute",
                client: ClientPresence(address: "10.1.1.1")
            )
            #expect(nodes(direct) == ["n1", "n2"])
        }
    }

    @Test("What the caller says wrongly is told in Consul's words")
    func refused() async throws {
        let api = try await harness(
            #"{"Name":"t","Template":{"Type":"name_prefix_match"},"Service":{"Service":"${name.suffix}"}}"#
        )
        for (query, status, text) in [
            ("t/execute?limit=x", 500, "Bad limit: strconv.Atoi: parsing \"x\": invalid syntax"),
            ("t/execute?dc=dc9", 500, "No path to datacenter"),
            (
                "t/execute?stale&consistent", 400,
                "Cannot specify ?stale with ?consistent, conflicting semantics."
            ),
        ] {
            let reply = try await api.get("/v1/query/\(query)")
            #expect(reply.status == status)
            #expect(reply.body == text)
        }
        let id = try #require(try await api.get("/v1/query").json[0]["ID"].text)
        for verb in ["execute", "explain"] {
            let reply = try await api.get("/v1/query/\(id)/\(verb)")
            #expect(reply.status == 500)
            #expect(
                reply.body == "prepared query templates can only be resolved up by name, not by ID"
            )
        }
        #expect(nodes(try await api.get("/v1/query/tweb/execute")).count == 2)
        let explained = try await api.get("/v1/query/tweb/explain").json
        #expect(explained["Query"]["Service"]["Service"].text == "web")
        #expect(explained["Query"]["Template"]["Type"].text == "name_prefix_match")
    }
}
