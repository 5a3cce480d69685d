import DNSWire
import TestSupport
import Testing

extension ProgramTests {
    @Suite("Register as with Consul")
    struct ConsulRegistrationTests {
        @Test("a service of the agent is in DNS at once, and gone when it is deregistered")
        func agentService() async throws {
            let server = try await RollcallProcess.start()
            try await server.curl(
                "-X",
                "PUT",
                "-d",
                #"{"ID": "web-1", "Name": "web", "Address": "10.0.1.1", "Port": 8080, "Tags": ["v1"]}"#,
                path: "/v1/agent/service/register"
            )
            #expect(try await server.dig("web.service.consul", "A") == ["10.0.1.1"])
            #expect(try await server.dig("v1.web.service.consul", "A") == ["10.0.1.1"])
            let services = try JSON(try await server.curl(path: "/v1/agent/services"))
            #expect(services["web-1"]["Port"].number == 8080)
            try await server.curl("-X", "PUT", path: "/v1/agent/service/deregister/web-1")
            #expect(try server.dns.ask("web.service.consul", .a).responseCode == .nameError)
        }

        @Test("a service without an address has the node's, and SRV points to the node")
        func nodeAddress() async throws {
            let server = try await RollcallProcess.start(["--node-name", "east"])
            try await server.curl(
                "-X",
                "PUT",
                "-d",
                #"{"Name": "web", "Port": 8080}"#,
                path: "/v1/agent/service/register"
            )
            #expect(try await server.dig("web.service.consul", "A") == ["127.0.0.1"])
            #expect(
                try await server.dig("web.service.consul", "SRV")
                    == ["1 1 8080 east.node.dc1.consul."]
            )
        }

        @Test("a node with services that somebody else registers")
        func catalog() async throws {
            let server = try await RollcallProcess.start()
            try await server.curl(
                "-X",
                "PUT",
                "-d",
                """
                {"Node": "db-1", "Address": "10.0.9.1", "NodeMeta": {"rack": "7"},
                 "Service": {"Service": "db", "Port": 5432, "Tags": ["primary"]}}
                """,
                path: "/v1/catalog/register"
            )
            #expect(try await server.dig("db-1.node.consul", "A") == ["10.0.9.1"])
            #expect(try await server.dig("primary.db.service.consul", "A") == ["10.0.9.1"])
            #expect(try await server.dig("-x", "10.0.9.1") == ["db-1.node.dc1.consul."])
            let nodes = try JSON(try await server.curl(path: "/v1/catalog/service/db"))
            #expect(nodes[0]["Node"].text == "db-1")
            #expect(nodes[0]["ServicePort"].number == 5432)
            try await server.curl(
                "-X",
                "PUT",
                "-d",
                #"{"Node": "db-1"}"#,
                path: "/v1/catalog/deregister"
            )
            #expect(try server.dns.ask("db-1.node.consul", .a).responseCode == .nameError)
            #expect(try server.dns.ask("db.service.consul", .a).responseCode == .nameError)
        }

        @Test("what one API registers the other shows")
        func bothWays() async throws {
            let server = try await RollcallProcess.start()
            try server.register(
                #"{"service": "native", "id": "n-1", "host": "10.0.1.1", "port": 80, "tags": ["a"]}"#
            )
            let body = #"{"ID": "c-1", "Name": "consul-way", "Address": "10.0.1.2", "Port": 81}"#
            #expect(try server.http("PUT", "/v1/agent/service/register", body).status == 200)

            let health = try server.http("GET", "/v1/health/service/native?passing").json
            #expect(health[0]["Service"]["ID"].text == "n-1")
            #expect(health[0]["Service"]["Address"].text == "10.0.1.1")
            #expect(health[0]["Service"]["Tags"][0].text == "a")
            let instances = try server.http("GET", "/services/consul-way").json
            #expect(instances[0]["id"].text == "c-1")
            #expect(instances[0]["host"].text == "10.0.1.2")
            #expect(instances[0]["health"].text == "UP")

            #expect(try server.http("PUT", "/v1/agent/service/deregister/n-1").status == 200)
            #expect(try server.http("DELETE", "/instances/c-1").status < 300)
            #expect(try server.http("GET", "/services").json.keys == ["consul"])
        }

        @Test("maintenance takes a service out of DNS and back")
        func maintenance() async throws {
            let server = try await RollcallProcess.start()
            let body = #"{"Name": "web", "Address": "10.0.1.1", "Port": 80}"#
            #expect(try server.http("PUT", "/v1/agent/service/register", body).status == 200)
            let path = "/v1/agent/service/maintenance/web?enable="
            #expect(try server.http("PUT", path + "true&reason=disk").status == 200)
            let reply = try server.dns.ask("web.service.consul", .a)
            #expect(reply.responseCode == .noError)
            #expect(reply.answer.isEmpty)
            #expect(try server.http("PUT", path + "false").status == 200)
            #expect(try server.dns.addresses("web.service.consul") == ["10.0.1.1"])
        }

        @Test("the questions that clients ask before anything else")
        func handshake() async throws {
            let server = try await RollcallProcess.start(["--datacenter", "west"])
            #expect(try server.http("GET", "/v1/status/leader").json.text?.contains(":") == true)
            #expect(try server.http("GET", "/v1/status/peers").json.list.count == 1)
            #expect(try server.http("GET", "/v1/catalog/datacenters").json.list == [.text("west")])
            let own = try server.http("GET", "/v1/agent/self").json
            #expect(own["Config"]["Datacenter"].text == "west")
            let nodes = try server.http("GET", "/v1/catalog/nodes")
            #expect(nodes.headers["x-consul-index"].flatMap { Int($0) } ?? 0 > 0)
            #expect(nodes.headers["x-consul-knownleader"] == "true")
        }
    }
}
