import ServiceCatalog
import Testing

@testable import RegistryAPI

@Suite("Native API: explanations")
struct ExplainTests {
    @Test("an explanation is an object with the words of its parts")
    func explains() async throws {
        try await TestServer.with { server in
            let reply = try await server.request("GET", "/explain?name=web.service.consul&type=SRV")
            #expect(reply.status == 200)
            #expect(
                reply.body
                    == #"{"instances":[],"kind":"service","name":"web.service.consul.","remarks":[],"#
                    + #""service":"web","summary":"for a test","type":"SRV"}"# + "\n"
            )
        }
    }

    @Test("a missing or bad name is said", arguments: ["", "?name=", "?name=a..b", "?type=A"])
    func badName(query: String) async throws {
        try await TestServer.with { server in
            let reply = try await server.request("GET", "/explain\(query)")
            #expect(reply.status == 400)
            #expect(reply.body.contains(#""field":"name""#), "\(reply.body)")
        }
    }

    @Test("a token must be allowed to read what the name stands for")
    func access() async throws {
        let settings = AccessSettings(isEnabled: true, allowsByDefault: false)
        try await TestServer.with(access: AccessControl(settings, now: { 0 })) { server in
            let rules = #"service "web" { policy = "read" } node "n1" { policy = "read" }"#
            try await server.log.append(
                .setAccessPolicy(AccessPolicy(id: "p", name: "p", rules: rules))
            )
            try await server.log.append(
                .setAccessToken(AccessToken(accessorID: "t", secretID: "s", policyIDs: ["p"]))
            )
            for (name, status) in [
                ("web.service.consul", 200), ("db.service.consul", 403), ("n1.node.consul", 200),
                ("n2.node.consul", 403),
            ] {
                let reply = try await server.request(
                    "GET",
                    "/explain?name=\(name)",
                    headers: ["Authorization": "Bearer s"]
                )
                #expect(reply.status == status, "\(name)")
            }
        }
    }
}
