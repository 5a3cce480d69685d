import ServiceCatalog
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Consul catalog writes")
struct CatalogWriteTests {
    @Test("Node, service and checks are written together")
    func register() async throws {
        let api = try await ConsulHarness()
        let body = #"""
            {"Datacenter":"dc1","ID":"1B7A2F0E-1111-4222-8333-944444444444","Node":"ext","Address":"10.0.0.1",
             "Service":{"Service":"db","Port":1,"Weights":{"Passing":0,"Warning":0}},
             "Check":{"Node":"ext","CheckID":"c1","Name":"one","Status":"warning","ServiceID":"db",
                      "Output":"o\nk","Definition":{"TCP":"x","Interval":"5s"},"Type":"tcp"},
             "Checks":[{"Name":"two","Status":"passing"}]}
            """#
        let before = api.keeper.read { $0.index }
        #expect(try await api.put("/v1/catalog/register", body).body == "true")
        #expect(api.keeper.read { $0.index } == before + 1)
        let found = try await api.get("/v1/health/service/db").json[0]
        #expect(found["Node"]["ID"].text == "1B7A2F0E-1111-4222-8333-944444444444")
        #expect(found["Service"]["Weights"]["Passing"].number == 1)
        #expect(found["Checks"].list.map { $0["CheckID"].text } == ["two", "c1"])
        #expect(found["Checks"][1]["Output"].text == "o\nk")
        #expect(found["Checks"][1]["Type"].text == "tcp")
        #expect(found["Checks"][1]["Definition"].keys == ["Interval", "TCP"])
        #expect(found["Checks"][0]["Definition"].keys == [])
        #expect(found["Checks"][0]["ServiceID"].text == "")
    }

    @Test("The definition of a reported check comes back in Consul's form, empty fields left out")
    func definition() async throws {
        let api = try await ConsulHarness()
        let reply = try await api.put(
            "/v1/catalog/register",
            #"""
            {"Node":"ext","Address":"10.0.0.1","Check":{"CheckID":"c","Name":"c","Definition":
             {"http":"http://x/","Header":{"B":["2"],"A":["1","3"]},"TLSSkipVerify":true,"TCP":"",
              "Interval":"1m30s","IntervalDuration":"90s","Timeout":5000000000,"Args":["a"],
              "DeregisterCriticalServiceAfter":"0s","OutputMaxSize":0,"GRPCUseTLS":false}}}
            """#
        )
        #expect(reply.body == "true")
        let checks = try await api.get("/v1/health/node/ext").body
        #expect(
            checks.contains(
                #""Definition":{"HTTP":"http://x/","Header":{"A":["1","3"],"B":["2"]},"#
                    + #""TLSSkipVerify":true,"Interval":"1m30s","Timeout":"5s","#
                    + #""ScriptArgs":["a"]},"#
            ),
            "\(checks)"
        )
        let unknown = try await api.put(
            "/v1/catalog/register",
            #"{"Node":"e","Address":"10.0.0.1","Check":{"Name":"c","Definition":{"Nope":1}}}"#
        )
        #expect(unknown.status == 400)
        #expect(unknown.body.contains("unknown field \"Nope\""))
    }

    @Test(
        "A refused request changes nothing",
        arguments: [
            (#"{"Node":"n"}"#, 500, "Must provide address if SkipNodeUpdate is not set"),
            (#"{"Address":"10.0.0.1"}"#, 500, "Must provide node"),
            (#"{"Node":"n","Address":"0.0.0.0"}"#, 500, "Invalid node address"),
            (#"{"Node":"n","Address":"10.0.0.1","ID":"x"}"#, 500, "Invalid node ID"),
            (
                #"{"Node":"n","Address":"10.0.0.1","Service":{"ID":"x"}}"#, 500,
                "Must provide service name"
            ),
            (
                #"{"Node":"n","Address":"10.0.0.1","Service":{"Service":"x","Address":"::"}}"#, 500,
                "Invalid service address"
            ),
            (
                #"{"Node":"n","Address":"10.0.0.1","Check":{"Name":"c","ServiceID":"nosuch"}}"#,
                500, "unknown instance"
            ),
            (
                #"{"Node":"n","Address":"10.0.0.1","Datacenter":"dc9"}"#, 500,
                "No path to datacenter"
            ),
            (
                #"{"Node":"n","Address":"10.0.0.1","ID":"0b7a2f0e-1111-4222-8333-944444444444"}"#,
                500, "node id"
            ),
            (
                #"{"Node":"n","Address":"10.0.0.1","Service":{"Service":"x","Port":70000}}"#, 400,
                "Port must be"
            ),
            (#"{"Node":"n\nn","Address":"10.0.0.1"}"#, 400, "Node must not have control"),
            (
                #"{"Node":"n","Address":"10.0.0.1","Check":{"Name":"c","Status":"odd"}}"#, 400,
                "Status for checks"
            ),
            (
                #"{"Node":"n","Address":"10.0.0.1","Check":{"Name":"c","Node":"m"}}"#, 400,
                "Check.Node must be"
            ),
            (
                #"{"Node":"n","Address":"10.0.0.1","Check":{}}"#, 400,
                "Check.CheckID must not be empty"
            ),
            (
                #"{"Node":"self","Service":{"Service":"consul"},"SkipNodeUpdate":true}"#, 400,
                "Invalid service ID"
            ),
            (
                #"{"Node":"self","SkipNodeUpdate":true,"Check":{"CheckID":"serfHealth","Status":"critical"}}"#,
                400, "Invalid check ID"
            ),
            (#"["#, 400, "Request decode failed: json: cannot unmarshal array"),
            (
                #"{"Node":"n","Bogus":1}"#, 400,
                "Request decode failed: json: unknown field \"Bogus\""
            ),
        ]
    )
    func refused(_ body: String, _ status: Int, _ message: String) async throws {
        let api = try await ConsulHarness()
        let before = api.keeper.read { $0.index }
        let reply = try await api.put("/v1/catalog/register", body)
        #expect(reply.status == status)
        #expect(reply.body.hasPrefix(message), "\(reply.body)")
        #expect(api.keeper.read { $0.index } == before)
    }

    @Test("SkipNodeUpdate leaves a known node as it is")
    func skipNodeUpdate() async throws {
        let api = try await ConsulHarness()
        _ = try await api.put("/v1/catalog/register", #"{"Node":"n","Address":"10.0.0.1"}"#)
        let body =
            #"{"Node":"n","Address":"10.0.0.9","SkipNodeUpdate":true,"Service":{"Service":"s"}}"#
        #expect(try await api.put("/v1/catalog/register", body).status == 200)
        let node = try await api.get("/v1/catalog/node/n").json
        #expect(node["Node"]["Address"].text == "10.0.0.1")
        #expect(node["Services"].keys == ["s"])
    }

    @Test("Nobody changes the node of this server, but services on it may be written")
    func localNode() async throws {
        let api = try await ConsulHarness()
        let body = #"{"Node":"Self","Address":"10.0.0.9","Service":{"Service":"s"}}"#
        #expect(try await api.put("/v1/catalog/register", body).status == 200)
        let node = try await api.get("/v1/catalog/node/self").json
        #expect(node["Node"]["Address"].text == "127.0.0.1")
        #expect(node["Services"].keys == ["consul", "s"])
        for removal in [
            #"{"Node":"self"}"#, #"{"Node":"self","ServiceID":"consul"}"#,
            #"{"Node":"self","CheckID":"serfHealth"}"#,
        ] {
            #expect(try await api.put("/v1/catalog/deregister", removal).status == 400)
        }
        let service = #"{"Node":"self","ServiceID":"s"}"#
        #expect(try await api.put("/v1/catalog/deregister", service).body == "true")
    }

    @Test("Meta of an external node may have any characters")
    func nodeMeta() async throws {
        let api = try await ConsulHarness()
        let body = #"{"Node":"dotted.node.name","Address":"10.0.0.1","NodeMeta":{"a=b":"c`d"}}"#
        #expect(try await api.put("/v1/catalog/register", body).status == 200)
    }

    @Test("Deregistration takes a check, an instance with its checks, or a whole node")
    func deregister() async throws {
        let api = try await ConsulHarness()
        _ = try await api.put(
            "/v1/catalog/register",
            #"""
            {"Node":"n","Address":"10.0.0.1","Service":{"ID":"s-1","Service":"s"},
             "Checks":[{"CheckID":"a","ServiceID":"s-1"},{"CheckID":"b"},{"CheckID":"c"}]}
            """#
        )
        func remove(_ body: String) async throws {
            #expect(try await api.put("/v1/catalog/deregister", body).body == "true")
        }
        func checks() async throws -> [String?] {
            try await api.get("/v1/health/node/n").json.list.map { $0["CheckID"].text }
        }
        try await remove(#"{"Node":"n","CheckID":"b"}"#)
        #expect(try await checks() == ["a", "c"])
        // The service wins over the check.
        try await remove(#"{"Node":"n","ServiceID":"s-1","CheckID":"c"}"#)
        #expect(try await checks() == ["c"])
        try await remove(#"{"Datacenter":"dc1","Node":"n"}"#)
        #expect(try await api.get("/v1/catalog/node/n").body == "null")
        // What is not there is removed already.
        try await remove(#"{"Node":"n"}"#)
        let empty = try await api.put("/v1/catalog/deregister", "{}")
        #expect(empty.status == 500)
        #expect(empty.body == "Must provide node")
    }
}
