import HTTPTypes
import ServiceCatalog
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Every route asks for a token")
struct RouteAccessTests {
    /// What tells nothing that needs keeping.
    private static let open: Set<String> = [
        "catalog/datacenters", "status/leader", "status/peers", "acl/bootstrap",
        "acl/replication", "acl/login",
    ]
    /// Endpoints that only say that they do not exist.
    private static let refusals: Set<Int> = [404, 410]
    /// The names and bodies that make a route go as far as the question of who may.
    private static let requests: [String: (name: String, body: String)] = [
        "agent/service/": ("web-1", ""),
        "agent/service/register": ("", #"{"Name":"web"}"#),
        "agent/service/deregister/": ("web-1", ""),
        "agent/service/maintenance/": ("web-1?enable=true", ""),
        "agent/check/register": ("", #"{"Name":"c","TTL":"10s"}"#),
        "agent/check/deregister/": ("ttl", ""), "agent/check/pass/": ("ttl", ""),
        "agent/check/warn/": ("ttl", ""), "agent/check/fail/": ("ttl", ""),
        "agent/check/update/": ("ttl", #"{"Status":"passing"}"#),
        "agent/health/service/id/": ("web-1", ""),
        "catalog/register": ("", #"{"Node":"n9","Address":"10.0.0.9"}"#),
        "catalog/deregister": ("", #"{"Node":"n2"}"#),
        "catalog/node/": ("self", ""), "catalog/node-services/": ("self", ""),
        "health/node/": ("self", ""), "health/state/": ("any", ""),
        "acl/token/": ("11111111-bbbb-4bbb-8bbb-111111111111", "{}"),
        "session/create": ("", "{}"),
        "session/destroy/": (session, ""), "session/renew/": (session, ""),
        "session/info/": (session, ""), "session/node/": ("self", ""),
        "txn": ("", #"[{"KV":{"Verb":"set","Key":"web","Value":"eA=="}}]"#),
        "coordinate/update": ("", #"{"Node":"self","Coord":{}}"#),
        "query": ("", #"{"Name":"web","Service":{"Service":"web"}}"#),
        "query/": (query, #"{"Name":"q","Service":{"Service":"web"}}"#),
    ]
    private static let session = "5e551017-0000-4000-8000-000000000001"
    private static let query = "90e41e50-0000-4000-8000-000000000001"

    /// Answers that show nothing.
    private static let nothing: Set<String> = [
        "", "[]", "{}", "null", #"{"Node":null,"Services":null}"#,
    ]

    private func filled() async throws -> ConsulHarness {
        let consul = try await ConsulHarness.guarded()
        let service = #"{"ID":"web-1","Name":"web","Port":80,"Check":{"CheckID":"ttl","TTL":"1h"}}"#
        let written = try await consul.send(
            .put,
            "/v1/agent/service/register",
            service,
            as: ConsulHarness.management
        )
        #expect(written.status == 200)
        try await consul.log.append(
            .register(
                Registration(node: Node(name: "n2", address: "10.0.0.2", datacenter: "dc1"))
            )
        )
        try await consul.log.append(.createSession(Session(id: Self.session, node: "self")))
        try await consul.log.append(
            .setPreparedQuery(
                PreparedQuery(
                    id: Self.query,
                    name: "q",
                    service: PreparedQuery.Service(service: "web")
                )
            )
        )
        return consul
    }

    @Test("without a token, and nothing allowed by default, each is 403 or shows nothing")
    func consul() async throws {
        let consul = try await filled()
        let before = consul.keeper.read { $0.index }
        for route in ConsulRoutes.all {
            let (name, body) = Self.requests[route.path] ?? ("web", "{}")
            let target = "/v1/\(route.path)" + (route.path.hasSuffix("/") ? name : "")
            let answer = try await consul.send(route.method, target, body)
            let shown = "\(route.method) \(target): \(answer.status) \(answer.body)"
            if Self.open.contains(route.path) || Self.refusals.contains(answer.status) {
                #expect(route.access.isOpen, "\(shown)")
                continue
            }
            let body200 = answer.body.filter { !$0.isWhitespace }
            #expect(
                answer.status == 403 || answer.status == 200 && Self.nothing.contains(body200),
                "\(shown)"
            )
            if answer.status == 403 {
                #expect(answer.body.hasPrefix("Permission denied: "), "\(shown)")
            }
            #expect(answer.headers["X-Consul-Results-Filtered-By-Acls"] == nil, "\(shown)")
        }
        #expect(consul.keeper.read { $0.index } == before)
    }

    @Test("a secret that no token has is 403 wherever a token is asked for")
    func unknownSecret() async throws {
        let consul = try await filled()
        for route in ConsulRoutes.all where !route.access.isOpen {
            let answer = try await consul.send(route.method, "/v1/\(route.path)", as: "nobody")
            #expect(answer.status == 403, "\(route.path)")
            #expect(answer.body == "ACL not found", "\(route.path)")
        }
    }

    @Test("Rollcall's own routes too")
    func native() async throws {
        let open: Set = ["/", "/health", "/ready"]
        let settings = AccessSettings(isEnabled: true, allowsByDefault: false)
        let access = AccessControl(settings, now: { 0 })
        try await TestServer.with(access: access) { server in
            try await server.add("web", id: "web-1")
            var table = RouteTable()
            addNativeRoutes(to: &table, context: server.api)
            #expect(table.offers.count >= 12)
            for (method, path) in table.offers {
                let target = path.replacing("{instance_id}", with: "web-1")
                    .replacing("{service}", with: "web")
                    .replacing("/explain", with: "/explain?name=web.service.consul")
                let body = method == .post ? #"{"service":"web","host":"10.1.1.1","port":80}"# : nil
                let reply = try await server.request(method.rawValue, target, body)
                let shown = "\(method) \(path): \(reply.status) \(reply.body)"
                if open.contains(path) {
                    #expect(reply.status == 200, "\(shown)")
                } else if path == "/services" {
                    #expect(reply.body.trimmingPrefix("{}") == "\n", "\(shown)")
                } else if path == "/import" {
                    #expect(reply.body.contains("Permission denied"), "\(shown)")
                } else {
                    #expect(reply.status == 403, "\(shown)")
                    #expect(reply.error.hasPrefix("Permission denied: "), "\(shown)")
                    #expect(reply.hint.contains("Authorization: Bearer"), "\(shown)")
                }
            }
            #expect(server.keeper.read { $0.instanceCount } == 1)
        }
    }
}

extension RouteAccess {
    fileprivate var isOpen: Bool {
        if case .open = self { true } else { false }
    }
}
