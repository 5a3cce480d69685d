import ServiceCatalog
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Consul agent services")
struct AgentServiceTests {
    @Test("A registered service is shown with all that was given")
    func register() async throws {
        let api = try await ConsulHarness()
        let reply = try await api.put(
            "/v1/agent/service/register",
            #"""
            {"ID":"web-1","Name":"web","Tags":["v1","primary"],"Address":"10.1.0.1","Port":8080,
             "Meta":{"version":"1"},"Weights":{"Passing":10,"Warning":3}}
            """#
        )
        #expect(reply.status == 200)
        #expect(reply.body.isEmpty)
        let services = try await api.get("/v1/agent/services")
        #expect(
            services.body == #"{"web-1":{"ID":"web-1","Service":"web","Tags":["v1","primary"],"#
                + #""Meta":{"version":"1"},"Port":8080,"Address":"10.1.0.1","TaggedAddresses":"#
                + #"{"lan_ipv4":{"Address":"10.1.0.1","Port":8080},"#
                + #""wan_ipv4":{"Address":"10.1.0.1","Port":8080}},"#
                + #""Weights":{"Passing":10,"Warning":3},"EnableTagOverride":false,"#
                + #""Datacenter":"dc1"}}"#
        )
        #expect(services.headers["Content-Type"] == "application/json")
        #expect(services.headers["X-Consul-Index"] == nil)
    }

    @Test("The server's own service is not the agent's")
    func ownService() async throws {
        let api = try await ConsulHarness()
        #expect(try await api.get("/v1/agent/services").body == "{}")
        #expect(try await api.get("/v1/agent/checks").body == "{}")
        #expect(try await api.get("/v1/agent/service/consul").status == 404)
        #expect(try await api.put("/v1/agent/service/deregister/consul").status == 404)
        let reply = try await api.put("/v1/agent/service/register", #"{"Name":"consul"}"#)
        // Without an id the name is the id.
        #expect(reply.status == 400)
    }

    @Test("Only a name is needed; the id is the name and maps are never null")
    func defaults() async throws {
        let api = try await ConsulHarness()
        #expect(try await api.put("/v1/agent/service/register", #"{"Name":"bare"}"#).status == 200)
        let service = try await api.get("/v1/agent/service/bare").json
        #expect(service["ID"].text == "bare")
        #expect(service["Tags"] == .list([]))
        #expect(service["Meta"] == .object([:]))
        #expect(service["TaggedAddresses"] == .null)
        #expect(service["Weights"]["Passing"].number == 1)
    }

    @Test("Addresses by role are added for the family of the address, given ones stay")
    func taggedAddresses() async throws {
        let api = try await ConsulHarness()
        let body = #"""
            {"Name":"six","Address":"2001:db8::1","Port":6,
             "TaggedAddresses":{"wan_ipv6":{"Address":"2001:db8::9","Port":9}}}
            """#
        _ = try await api.put("/v1/agent/service/register", body)
        let roles = try await api.get("/v1/agent/service/six").json["TaggedAddresses"]
        #expect(roles.keys == ["lan_ipv6", "wan_ipv6"])
        #expect(roles["wan_ipv6"]["Port"].number == 9)
        #expect(roles["lan_ipv6"]["Address"].text == "2001:db8::1")
    }

    @Test("Checks get ids and names when they have none")
    func checkIDs() async throws {
        let api = try await ConsulHarness()
        _ = try await api.put(
            "/v1/agent/service/register",
            #"{"ID":"a-1","Name":"a","Check":{"TTL":"10s"}}"#
        )
        _ = try await api.put(
            "/v1/agent/service/register",
            #"{"ID":"b-1","Name":"b","Check":{"TTL":"1s"},"Checks":[{"TTL":"2s"},{"CheckID":"own","TTL":"3s"}]}"#
        )
        let checks = try await api.get("/v1/agent/checks").json
        #expect(checks.keys == ["own", "service:a-1", "service:b-1:1", "service:b-1:2"])
        #expect(checks["service:a-1"]["Name"].text == "Service 'a' check")
        #expect(checks["service:a-1"]["Status"].text == "critical")
        #expect(checks["service:a-1"]["Type"].text == "ttl")
    }

    @Test("Registering again keeps the status, and drops other checks only when asked to")
    func registerAgain() async throws {
        let api = try await ConsulHarness()
        let body = #"{"ID":"r","Name":"r","Port":1,"Check":{"TTL":"10s","Status":"passing"}}"#
        _ = try await api.put("/v1/agent/service/register", body)
        _ = try await api.put("/v1/agent/check/fail/service:r?note=gone")
        _ = try await api.put("/v1/agent/service/register", body)
        let check = try await api.get("/v1/agent/checks").json["service:r"]
        #expect(check["Status"].text == "critical")
        #expect(check["Output"].text == "gone")

        _ = try await api.put("/v1/agent/service/register", #"{"ID":"r","Name":"r","Port":2}"#)
        #expect(try await api.get("/v1/health/checks/r").json.list.count == 1)
        _ = try await api.put(
            "/v1/agent/service/register?replace-existing-checks",
            #"{"ID":"r","Name":"r","Port":3}"#
        )
        #expect(try await api.get("/v1/health/checks/r").body == "[]")
    }

    @Test("Registering the same thing again moves no index")
    func idempotent() async throws {
        let api = try await ConsulHarness()
        let body = #"{"ID":"r","Name":"r","Port":1,"Check":{"TTL":"10s"}}"#
        _ = try await api.put("/v1/agent/service/register", body)
        let before = api.keeper.read { $0.index }
        _ = try await api.put("/v1/agent/service/register", body)
        #expect(api.keeper.read { $0.index } == before)
    }

    @Test("An id may have slashes and escapes")
    func slashes() async throws {
        let api = try await ConsulHarness()
        _ = try await api.put("/v1/agent/service/register", #"{"ID":"scope/name 1","Name":"pg"}"#)
        #expect(try await api.get("/v1/agent/service/scope/name%201").status == 200)
        #expect(try await api.put("/v1/agent/service/deregister/scope%2Fname%201").status == 200)
        #expect(try await api.get("/v1/agent/services").body == "{}")
    }

    @Test("Deregistering removes the instance with its checks; an unknown one is 404")
    func deregister() async throws {
        let api = try await ConsulHarness()
        _ = try await api.put(
            "/v1/agent/service/register",
            #"{"ID":"d","Name":"d","Check":{"TTL":"10s"}}"#
        )
        #expect(try await api.put("/v1/agent/service/deregister/d").body.isEmpty)
        #expect(try await api.get("/v1/agent/checks").body == "{}")
        let again = try await api.put("/v1/agent/service/deregister/d")
        #expect(again.status == 404)
        #expect(again.body.hasPrefix("Unknown service ID \"d\""))
        let empty = try await api.put("/v1/agent/service/deregister/")
        #expect(empty.status == 500)
        #expect(empty.body == "ServiceID missing")
    }

    @Test(
        "Bad registrations are refused with field and reason, and change nothing",
        arguments: [
            (#"{}"#, "Missing service name"),
            (#"{"ID":"x"}"#, "Missing service name"),
            (#"{"Name":"x","Port":70000}"#, "Port must be from 0 to 65535, not 70000"),
            (#"{"Name":"x","Port":-1}"#, "Port must be from 0 to 65535, not -1"),
            (#"{"Name":"two\nlines"}"#, "service name must not have control characters"),
            (
                #"{"Name":"x","Address":"0.0.0.0"}"#,
                "Invalid service address"
            ),
            (
                #"{"Name":"x","Address":"http://x:80/"}"#,
                "Address must be an IP address or a host name"
            ),
            (
                #"{"Name":"x","Weights":{"Passing":-1,"Warning":1}}"#,
                "Invalid Weights: Passing must be greater than 0"
            ),
            (
                #"{"Name":"x","Weights":{"Passing":70000}}"#,
                "Weights.passing must be from 1 to 65535"
            ),
            (#"{"Name":"x","Meta":{"a b":"c"}}"#, "Meta.a b must have a key of letters"),
            (#"{"Name":"x","Bogus":1}"#, "Request decode failed: json: unknown field \"Bogus\""),
            (
                #"{"Name":"x","Namespace":"team"}"#,
                "Request decode failed: field \"Namespace\" is not supported"
            ),
            (#"{nope"#, "Request decode failed: invalid character 'n'"),
            (#""#, "Request decode failed: EOF"),
            (
                #"{"Name":"x","Check":{"TTL":"soon"}}"#,
                "Request decode failed: time: invalid duration \"soon\""
            ),
            (#"{"Name":"x","Check":{"CheckID":"serfHealth","TTL":"1s"}}"#, "Invalid check ID"),
            (#"{"Name":"x","Check":{"TTL":"1s","Status":"fine"}}"#, "Status for checks must be"),
        ]
    )
    func badRegistrations(_ body: String, _ message: String) async throws {
        let api = try await ConsulHarness()
        let before = api.keeper.read { $0.index }
        let reply = try await api.put("/v1/agent/service/register", body)
        #expect(reply.status == 400)
        #expect(reply.body.hasPrefix(message), "\(reply.body)")
        #expect(reply.headers["Content-Type"]?.hasPrefix("text/plain") == true)
        #expect(api.keeper.read { $0.index } == before)
    }

    @Test("What only DNS cannot carry is taken: spaces, dots, long labels, tags of any kind")
    func oddNames() async throws {
        let api = try await ConsulHarness()
        let long = String(repeating: "a", count: 64)
        for name in ["under_score", "a.b", "Upper", "straße", "two words", "a..b", long] {
            let body = #"{"Name":"\#(name)","Tags":["urlprefix-/x y","a.b"]}"#
            #expect(try await api.put("/v1/agent/service/register", body).status == 200)
        }
        #expect(try await api.get("/v1/catalog/service/under_score").json.list.count == 1)
    }

    @Test("With a hash, a read waits until the instance is another")
    func hash() async throws {
        let api = try await ConsulHarness()
        _ = try await api.put("/v1/agent/service/register", #"{"ID":"h","Name":"h","Port":1}"#)
        let first = try await api.get("/v1/agent/service/h")
        let hash = try #require(first.json["ContentHash"].text)
        #expect(first.headers["X-Consul-Contenthash"] == hash)
        async let second = api.get("/v1/agent/service/h?hash=\(hash)&wait=60s")
        try await eventually("the read waits") { api.keeper.waiterCount == 1 }
        // Another service on the same node is no news.
        _ = try await api.put("/v1/agent/service/register", #"{"ID":"i","Name":"i"}"#)
        try await eventually("the read waits again") { api.keeper.waiterCount == 1 }
        _ = try await api.put("/v1/agent/service/register", #"{"ID":"h","Name":"h","Port":2}"#)
        #expect(try await second.json["Port"].number == 2)
    }
}
