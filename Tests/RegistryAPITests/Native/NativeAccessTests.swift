import ServiceCatalog
import Testing

@testable import RegistryAPI

@Suite("Native API: tokens")
struct NativeAccessTests {
    private func add(_ name: String, _ rules: String, to log: MemoryLog) async throws {
        try await log.append(.setAccessPolicy(AccessPolicy(id: name, name: name, rules: rules)))
        try await log.append(
            .setAccessToken(
                AccessToken(accessorID: name, secretID: "s-\(name)", policyIDs: [name])
            )
        )
    }

    private func withServer(_ body: (TestServer) async throws -> Void) async throws {
        let settings = AccessSettings(isEnabled: true, allowsByDefault: false)
        try await TestServer.with(access: AccessControl(settings, now: { 0 })) { server in
            try await add("web", "service \"web\" { policy = \"write\" }", to: server.log)
            try await add("db", "service \"db\" { policy = \"write\" }", to: server.log)
            try await body(server)
        }
    }

    private func send(
        _ server: TestServer,
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        as token: String
    ) async throws -> TestResponse {
        try await server.request(
            method,
            path,
            body,
            headers: ["Authorization": "Bearer s-\(token)"]
        )
    }

    @Test("a token of a service registers, renews and removes its instances alone")
    func writes() async throws {
        try await withServer { server in
            func status(
                _ method: String,
                _ path: String,
                _ body: String? = nil,
                as token: String
            ) async throws -> Int {
                try await send(server, method, path, body, as: token).status
            }
            let web = #"{"service":"web","id":"w","host":"10.1.1.1","port":80,"ttl":"30s"}"#
            #expect(try await status("POST", "/register", web, as: "db") == 403)
            #expect(try await status("POST", "/register", web, as: "web") == 200)
            let stolen = #"{"service":"db","id":"w","host":"10.1.1.1","port":80}"#
            #expect(try await status("POST", "/register", stolen, as: "db") == 403)
            #expect(try await status("PUT", "/heartbeat/w", as: "db") == 403)
            #expect(server.leases.renewedLeases.count == 1)
            #expect(try await status("PUT", "/heartbeat/w", as: "web") == 200)
            #expect(try await status("GET", "/services/web", as: "db") == 403)
            #expect(try await status("GET", "/services/web", as: "web") == 200)
            #expect(try await send(server, "GET", "/services", as: "db").body == "{}\n")
            #expect(try await status("DELETE", "/instances/w", as: "db") == 403)
            #expect(try await status("DELETE", "/instances/w", as: "web") == 200)
            #expect(try await status("GET", "/metrics", as: "web") == 403)
            let wrong = try await send(server, "GET", "/services", as: "nobody")
            #expect(wrong.status == 403)
            #expect(wrong.error == "ACL not found")
        }
    }

    @Test("an import takes the lines that the token may write")
    func importing() async throws {
        try await withServer { server in
            let lines = #"""
                {"service":"web","host":"10.1.1.1","port":80}
                {"service":"db","host":"10.1.1.1","port":81}
                """#
            let reply = try await send(server, "POST", "/import", lines, as: "web")
            #expect(reply.status == 200)
            #expect(try reply.object()["imported"] as? Int == 1)
            #expect(reply.body.contains("lacks permission 'service:write' on \\\"db\\\""))
        }
    }

    @Test("a watch ends when its token is taken away")
    func watching() async throws {
        try await withServer { server in
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send("GET", "/services/web/watch?token=s-web")
                #expect(try await connection.head().status == 200)
                _ = try await connection.event()
                _ = try await connection.event()
                try await server.log.append(.deleteAccessToken(accessorID: "web"))
                try await server.add("web", id: "w")
                _ = try await connection.untilClosed()
                #expect(connection.isEnded)
            }
        }
    }
}
