import HTTPTypes
import ServiceCatalog
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Consul prepared queries")
struct PreparedQueryTests {
    private static let unknownID = "f004177f-2c28-83b7-4229-eacc25fe55d1"

    private func create(_ api: ConsulHarness, _ body: String) async throws -> String {
        let reply = try await api.send(.post, "/v1/query", body)
        #expect(reply.status == 200, "\(reply.body)")
        return try #require(reply.json["ID"].text)
    }

    @Test("What was created is shown as Consul shows it")
    func golden() async throws {
        let api = try await ConsulHarness()
        #expect(try await api.get("/v1/query").body == "[]")
        let id = try await create(
            api,
            #"""
            {"Name":"web","Service":{"Service":"api","Tags":["a","!b"],"Near":"_agent",
             "Failover":{"NearestN":2,"Datacenters":["dc2"]},"OnlyPassing":true,
             "IgnoreCheckIDs":["c"],"NodeMeta":{"r":"1"},"ServiceMeta":{"v":"2"}},"DNS":{"TTL":"10s"}}
            """#
        )
        #expect(UUIDText.isUUID(id))
        let shown =
            #"{"ID":"\#(id)","Name":"web","Session":"","Token":"","#
            + #""Template":{"Type":"","Regexp":"","RemoveEmptyTags":false},"#
            + #""Service":{"Service":"api","SamenessGroup":"","#
            + #""Failover":{"NearestN":2,"Datacenters":["dc2"],"Targets":null},"#
            + #""OnlyPassing":true,"IgnoreCheckIDs":["c"],"Near":"_agent","Tags":["a","!b"],"#
            + #""NodeMeta":{"r":"1"},"ServiceMeta":{"v":"2"},"Connect":false,"Peer":""},"#
            + #""DNS":{"TTL":"10s"},"CreateIndex":3,"ModifyIndex":3}"#
        let list = try await api.get("/v1/query")
        #expect(list.body == "[\(shown)]")
        #expect(list.headers["X-Consul-Index"] == "3")
        #expect(try await api.get("/v1/query/\(id)").body == "[\(shown)]")
        #expect(
            try await api.get("/v1/query/web/explain").body
                == #"{"Query":\#(shown),"Index":0,"LastContact":0,"KnownLeader":true,"#
                + #""ConsistencyLevel":"leader","NotModified":false,"Backend":0,"#
                + #""ResultsFilteredByACLs":false}"#
        )
    }

    @Test("An update replaces all, a deletion removes")
    func update() async throws {
        let api = try await ConsulHarness()
        let id = try await create(
            api,
            #"{"Name":"web","Service":{"Service":"api"},"DNS":{"TTL":"10s"}}"#
        )
        let reply = try await api.put(
            "/v1/query/\(id.uppercased())",
            #"{"ID":"ignored","name":"web2","SERVICE":{"service":"api2"}}"#
        )
        #expect(reply.status == 200 && reply.body.isEmpty, "\(reply)")
        let query = try await api.get("/v1/query/\(id)").json[0]
        #expect(query["Name"].text == "web2")
        #expect(query["Service"]["Service"].text == "api2")
        #expect(query["DNS"]["TTL"].text == "")
        #expect(query["CreateIndex"].number == 3 && query["ModifyIndex"].number == 4)
        #expect(try await api.send(.delete, "/v1/query/\(id)").body == "")
        #expect(try await api.get("/v1/query").body == "[]")
    }

    @Test("What is not there is told in Consul's words")
    func unknown() async throws {
        let api = try await ConsulHarness()
        for path in ["", "/execute", "/explain"] {
            let reply = try await api.get("/v1/query/\(Self.unknownID)\(path)")
            #expect(reply.status == 404)
            #expect(reply.body == "Query not found")
            #expect(reply.headers["X-Consul-Index"] != nil)
            #expect(reply.headers["Content-Type"]?.hasPrefix("text/plain") == true)
        }
        let body = #"{"Name":"x","Service":{"Service":"y"}}"#
        for reply in [
            try await api.put("/v1/query/\(Self.unknownID)", body),
            try await api.send(.delete, "/v1/query/\(Self.unknownID)"),
        ] {
            #expect(reply.status == 500)
            #expect(
                reply.body == "Cannot modify non-existent prepared query: '\(Self.unknownID)'"
            )
        }
        let text = "failed prepared query lookup: index error: UUID must be 36 characters"
        let reply = try await api.get("/v1/query/web")
        #expect(reply.status == 500 && reply.body == text)
        #expect(try await api.put("/v1/query/web", body).body.hasSuffix(text))
        #expect(try await api.put("/v1/query/web/execute", body).status == 405)
    }

    @Test(
        "What cannot be is refused in Consul's words",
        arguments: [
            ("{", 400, "Request decode failed: unexpected EOF"),
            (#"{"Nome":"x"}"#, 400, #"Request decode failed: json: unknown field "Nome""#),
            (
                #"{"Service":{"Tag":"x"}}"#, 400,
                #"Request decode failed: json: unknown field "Tag""#
            ),
            ("", 500, "Invalid prepared query: Must be bound to a session"),
            (#"{"Name":"x"}"#, 500, "Invalid prepared query: Must provide a Service name to query"),
            (
                #"{"ID":"x","Name":"x","Service":{"Service":"y"}}"#, 500,
                "ID must be empty when creating a new prepared query"
            ),
            (
                #"{"Name":"x","Service":{"Service":"y"},"DNS":{"TTL":"-1s"}}"#, 500,
                "Invalid prepared query: DNS TTL '-1s', must be >=0"
            ),
            (
                #"{"Name":"x","Service":{"Service":"y"},"Template":{"Type":"name_prefix_match","Regexp":"["}}"#,
                500,
                "Invalid prepared query: Bad Regexp: error parsing regexp: missing closing ]: `[`"
            ),
            (
                #"{"Name":"TAKEN","Service":{"Service":"y"}}"#, 500,
                "name 'TAKEN' aliases an existing query name"
            ),
        ]
    )
    func refused(body: String, status: Int, text: String) async throws {
        let api = try await ConsulHarness()
        _ = try await create(api, #"{"Name":"taken","Service":{"Service":"y"}}"#)
        let reply = try await api.send(.post, "/v1/query", body)
        #expect(reply.status == status)
        #expect(reply.body == text)
        #expect(try await api.get("/v1/query").json.list.count == 1)
    }
}
