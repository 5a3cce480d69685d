import HTTPTypes
import ServiceCatalog
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Consul API: what tokens may do")
struct EnforcementTests {
    private let management = ConsulHarness.management

    /// Instances `web-1` and `db-1` here, each with a check, and a node `n2` with `web-2`.
    private func filled() async throws -> ConsulHarness {
        let consul = try await ConsulHarness.guarded()
        for name in ["web", "db"] {
            let body =
                #"{"ID":"\#(name)-1","Name":"\#(name)","Port":80,"Tags":["t"],"#
                + #""Check":{"CheckID":"\#(name)-ttl","TTL":"1h","Status":"passing"}}"#
            let path = "/v1/agent/service/register"
            #expect(try await consul.send(.put, path, body, as: management).status == 200)
        }
        let body =
            #"{"Node":"n2","Address":"10.0.0.2","Service":{"Service":"web","ID":"web-2"},"#
            + #""Check":{"CheckID":"alive","Name":"alive","Status":"passing"}}"#
        let path = "/v1/catalog/register"
        #expect(try await consul.send(.put, path, body, as: management).status == 200)
        return consul
    }

    @Test("lists show what may be read, and say that there is more")
    func filtering() async throws {
        let consul = try await filled()
        let token = try await consul.token(
            "web",
            "service \"web\" { policy = \"read\" } node \"self\" { policy = \"read\" }"
        )
        func get(_ path: String) async throws -> ConsulAnswer {
            try await consul.send(.get, "/v1/\(path)", as: token)
        }
        #expect(try await get("catalog/services").json.keys == ["web"])
        #expect(
            try await get("catalog/service/web").json.list.map { $0["ServiceID"].text } == ["web-1"]
        )
        #expect(try await get("catalog/service/db").body == "[]")
        #expect(try await get("catalog/nodes").json.list.map { $0["Node"].text } == ["self"])
        #expect(try await get("catalog/node/self").json["Services"].keys == ["web-1"])
        #expect(try await get("catalog/node/n2").body == "null")
        #expect(try await get("health/service/web").json.list.count == 1)
        #expect(
            try await get("health/state/any").json.list.compactMap { $0["CheckID"].text }
                == ["serfHealth", "web-ttl"]
        )
        #expect(try await get("health/checks/db").body == "[]")
        #expect(try await get("agent/services").json.keys == ["web-1"])
        #expect(try await get("agent/checks").json.keys == ["web-ttl"])
        #expect(try await get("agent/members").json.list.count == 1)
        for path in ["catalog/services", "health/service/db", "catalog/node/n2", "agent/services"] {
            let header = try await get(path).headers["X-Consul-Results-Filtered-By-Acls"]
            #expect(header == "true", "\(path)")
        }
        #expect(
            try await get("catalog/service/nosuch").headers["X-Consul-Results-Filtered-By-Acls"]
                == nil
        )
        let all = try await consul.send(.get, "/v1/catalog/services", as: management)
        #expect(all.json.keys == ["consul", "db", "web"])
        #expect(all.headers["X-Consul-Results-Filtered-By-Acls"] == nil)
    }

    @Test("a token of a service registers it, and nothing else")
    func registering() async throws {
        let consul = try await filled()
        let token = try await consul.token("web", "service \"web\" { policy = \"write\" }")
        func put(_ path: String, _ body: String = "") async throws -> ConsulAnswer {
            try await consul.send(.put, "/v1/\(path)", body, as: token)
        }
        let register = "agent/service/register"
        #expect(try await put(register, #"{"ID":"web-3","Name":"web","Port":81}"#).status == 200)
        let denied = try await put(register, #"{"Name":"other"}"#)
        #expect(denied.status == 403)
        #expect(
            denied.body == "Permission denied: token with AccessorID 'accessor-web' lacks"
                + " permission 'service:write' on \"other\""
        )
        // Taking another service's id would remove its instance.
        #expect(try await put(register, #"{"ID":"db-1","Name":"web"}"#).status == 403)
        #expect(try await put("agent/service/deregister/db-1").status == 403)
        #expect(try await put("agent/service/deregister/web-3").status == 200)
        #expect(try await put("agent/service/deregister/nosuch").status == 404)
        #expect(try await put("agent/service/maintenance/db-1?enable=true").status == 403)
        #expect(try await put("agent/service/maintenance/web-1?enable=true").status == 200)
        #expect(try await put("agent/maintenance?enable=true").status == 403)
        #expect(try await put("agent/check/pass/web-ttl").status == 200)
        #expect(try await put("agent/check/pass/db-ttl").status == 403)
        #expect(consul.leases.renewedChecks.allSatisfy { $0.id != "db-ttl" })
        let check = "agent/check/register"
        #expect(
            try await put(check, #"{"Name":"c","TTL":"10s","ServiceID":"web-1"}"#).status == 200
        )
        #expect(try await put(check, #"{"Name":"c2","TTL":"10s"}"#).status == 403)
        // The id of another service's check.
        #expect(
            try await put(check, #"{"ID":"db-ttl","Name":"c","TTL":"1s","ServiceID":"web-1"}"#)
                .status == 403
        )
        #expect(try await put("agent/check/deregister/db-ttl").status == 403)
        #expect(try await put("agent/check/deregister/c").status == 200)
    }

    @Test("the catalog takes permission for the node where that changes, and for the service")
    func catalogWrites() async throws {
        let consul = try await filled()
        let service = try await consul.token("service", "service \"web\" { policy = \"write\" }")
        let node = try await consul.token("node", "node \"n2\" { policy = \"write\" }")
        func put(_ path: String, _ body: String, as token: String) async throws -> Int {
            try await consul.send(.put, "/v1/catalog/\(path)", body, as: token).status
        }
        let same =
            #"{"Node":"n2","Address":"10.0.0.2","Service":{"Service":"web","ID":"web-9"}}"#
        let moved =
            #"{"Node":"n2","Address":"10.0.0.9","Service":{"Service":"web","ID":"web-9"}}"#
        #expect(try await put("register", same, as: service) == 200)
        #expect(try await put("register", moved, as: service) == 403)
        #expect(try await put("register", moved, as: node) == 403)
        #expect(try await put("register", #"{"Node":"n2","Address":"10.0.0.9"}"#, as: node) == 200)
        #expect(try await put("register", #"{"Node":"n3","Address":"10.0.0.3"}"#, as: node) == 403)
        let alive =
            #"{"Node":"n2","Address":"10.0.0.9","Check":{"CheckID":"alive","Name":"a","Status":"critical"}}"#
        #expect(try await put("register", alive, as: service) == 403)
        #expect(try await put("register", alive, as: node) == 200)
        #expect(try await put("deregister", #"{"Node":"n2"}"#, as: service) == 403)
        #expect(
            try await put("deregister", #"{"Node":"n2","CheckID":"alive"}"#, as: service) == 403
        )
        #expect(
            try await put("deregister", #"{"Node":"n2","ServiceID":"web-9"}"#, as: service) == 200
        )
        #expect(try await put("deregister", #"{"Node":"n2","ServiceID":"web-2"}"#, as: node) == 200)
        #expect(try await put("deregister", #"{"Node":"n2"}"#, as: node) == 200)
    }

    @Test("one object that may not be read is refused")
    func objects() async throws {
        let consul = try await filled()
        let token = try await consul.token("web", "service \"web\" { policy = \"read\" }")
        for (path, status) in [
            ("agent/service/web-1", 200), ("agent/service/db-1", 403),
            ("agent/service/nosuch", 404), ("agent/health/service/id/web-1", 200),
            ("agent/health/service/id/db-1", 403), ("agent/health/service/name/web", 200),
            ("agent/health/service/name/db", 403), ("agent/self", 403),
        ] {
            #expect(
                try await consul.send(.get, "/v1/\(path)", as: token).status == status,
                "\(path)"
            )
        }
        let agent = try await consul.token("agent", "agent \"self\" { policy = \"read\" }")
        #expect(try await consul.send(.get, "/v1/agent/self", as: agent).status == 200)
    }

    @Test("the tags of a service take its name alone, as Consul's do")
    func tags() async throws {
        let consul = try await filled()
        let token = try await consul.token("web", "service \"web\" { policy = \"read\" }")
        let answer = try await consul.send(.get, "/v1/catalog/services", as: token)
        #expect(answer.body == #"{"web":["t"]}"#)
        #expect(try await consul.send(.get, "/v1/catalog/service/web", as: token).body == "[]")
    }

    @Test("a token that is taken away while its request waits gets nothing for it")
    func revokedWhileWaiting() async throws {
        let consul = try await filled()
        let token = try await consul.token("web", "service_prefix \"\" { policy = \"read\" }")
        let index = consul.keeper.read { $0.serviceListIndex }
        async let waiting = consul.send(
            .get,
            "/v1/catalog/services?index=\(index)&wait=10s",
            as: token
        )
        try await eventually("the request waits") { consul.keeper.waiterCount == 1 }
        try await consul.log.append(.deleteAccessToken(accessorID: "accessor-web"))
        let body = #"{"Name":"new"}"#
        let path = "/v1/agent/service/register"
        #expect(try await consul.send(.put, path, body, as: management).status == 200)
        let answer = try await waiting
        #expect(answer.status == 403)
        #expect(answer.body == "ACL not found")
    }

    @Test("the token comes as parameter, header or bearer, the first of these that is there")
    func transport() async throws {
        let consul = try await filled()
        let token = try await consul.token("web", "service_prefix \"\" { policy = \"read\" }")
        let path = "/v1/catalog/services"
        func services(_ target: String, _ headers: HTTPFields) async throws -> [String] {
            try await consul.send(.get, target, headers: headers).json.keys
        }
        let all = ["consul", "db", "web"]
        #expect(try await services("\(path)?token=\(token)", [:]) == all)
        #expect(try await services(path, [ConsulHeader.token: token]) == all)
        #expect(try await services(path, [.authorization: "Bearer \(token)"]) == all)
        #expect(try await services(path, [.authorization: "bearer  \(token)"]) == all)
        #expect(try await services(path, [.authorization: "Basic \(token)"]).isEmpty)
        #expect(
            try await services("\(path)?token=\(token)", [ConsulHeader.token: "nobody"]) == all
        )
        #expect(
            try await services(
                path,
                [ConsulHeader.token: token, .authorization: "Bearer nobody"]
            ) == all
        )
        let wrong = try await consul.send(.get, "\(path)?token=nobody")
        #expect(wrong.status == 403)
        #expect(wrong.body == "ACL not found")
    }

    @Test("the default token acts for requests without one")
    func defaultToken() async throws {
        let consul = try await ConsulHarness.guarded(default: "secret-web")
        _ = try await consul.token("web", "service \"consul\" { policy = \"read\" }")
        #expect(try await consul.get("/v1/catalog/services").json.keys == ["consul"])
    }

    @Test("with everything allowed by default only rules deny, and tokens stay closed")
    func allowedByDefault() async throws {
        let consul = try await ConsulHarness.guarded(allowsByDefault: true)
        let body = #"{"Name":"web"}"#
        #expect(try await consul.put("/v1/agent/service/register", body).status == 200)
        let token = try await consul.token("web", "service \"web\" { policy = \"deny\" }")
        let answer = try await consul.send(.get, "/v1/catalog/services", as: token)
        #expect(answer.json.keys == ["consul"])
        #expect(try await consul.get("/v1/acl/tokens").status == 403)
    }
}
