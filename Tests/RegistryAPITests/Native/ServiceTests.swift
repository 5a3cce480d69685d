import ServiceCatalog
import Testing

@testable import RegistryAPI

@Suite("Native API: services and blocking queries", .timeLimit(.minutes(1)))
struct ServiceTests {
    private static func body(_ id: String, tags: String = "") -> String {
        #"{"service":"web","host":"10.0.0.1","port":80,"id":"\#(id)","tags":[\#(tags)]}"#
    }

    @Test("services come with the tags of their instances")
    func listsServices() async throws {
        try await TestServer.with { server in
            let none = try await server.request("GET", "/services")
            #expect(none.body == "{}\n")
            _ = try await server.request("POST", "/register", Self.body("1", tags: #""b","a""#))
            _ = try await server.request("POST", "/register", Self.body("2", tags: #""c""#))
            _ = try await server.request("POST", "/register", RegisterTests.payment)
            let list = try await server.request("GET", "/services")
            #expect(list.body == #"{"payment":[],"web":["a","b","c"]}"# + "\n")
            #expect(list.headers["x-rollcall-index"] == "5")
        }
    }

    @Test("tags filter, all of them, in any letter case")
    func filtersByTag() async throws {
        try await TestServer.with { server in
            _ = try await server.request("POST", "/register", Self.body("1", tags: #""a","b""#))
            _ = try await server.request("POST", "/register", Self.body("2", tags: #""a""#))
            func ids(_ query: String) async throws -> [String] {
                try await server.request("GET", "/services/web\(query)").array()
                    .compactMap { $0["id"] as? String }
            }
            #expect(try await ids("") == ["1", "2"])
            #expect(try await ids("?tag=A") == ["1", "2"])
            #expect(try await ids("?tag=a&tag=b") == ["1"])
            #expect(try await ids("?tag=c") == [])
        }
    }

    @Test("passing leaves out what is down, warns or drains")
    func filtersByHealth() async throws {
        try await TestServer.with { server in
            for id in ["1", "2"] {
                _ = try await server.request("POST", "/register", Self.body(id))
            }
            try await server.log.append(
                .drain(InstanceKey(node: TestServer.nodeName, id: "1"))
            )
            func count(_ query: String) async throws -> Int {
                try await server.request("GET", "/services/web\(query)").array().count
            }
            #expect(try await count("") == 2)
            #expect(try await count("?passing") == 1)
            #expect(try await count("?passing=false") == 2)
            let check = HealthCheck(
                node: TestServer.nodeName,
                id: "disk",
                name: "disk",
                status: .warning
            )
            try await server.log.append(
                .register(Registration(checks: [RegisteredCheck(check, keepsStatus: false)]))
            )
            let all = try await server.request("GET", "/services/web").array()
            #expect(all.compactMap { $0["health"] as? String } == ["WARN", "WARN"])
            let checks = try #require(all[0]["checks"] as? [[String: String]])
            #expect(checks[0]["scope"] == "node")
            #expect(try await count("?passing=1") == 0)
            #expect(try await server.request("GET", "/services/web?passing=maybe").status == 400)
        }
    }

    @Test("an unknown service is 404, and an empty list for who waits for it")
    func reportsUnknownService() async throws {
        try await TestServer.with { server in
            let response = try await server.request("GET", "/services/nothing")
            #expect(response.status == 404)
            #expect(response.error == "no service \"nothing\" is registered")
            let waiting = try await server.request("GET", "/services/nothing?index=1&wait=10ms")
            #expect(waiting.status == 200)
            #expect(waiting.body == "[]\n")
            #expect(waiting.headers["x-rollcall-index"] == "1")
        }
    }

    @Test("a blocking query returns when its service changes, not when another does")
    func blocks() async throws {
        try await TestServer.with { server in
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send("GET", "/services/web?index=1&wait=50s")
                await waitForWaiters(1, server)
                _ = try await server.request("POST", "/register", RegisterTests.payment)
                #expect(server.keeper.waiterCount == 1)
                _ = try await server.request("POST", "/register", Self.body("1"))
                let response = try await connection.response()
                #expect(try response.array().count == 1)
                #expect(response.headers["x-rollcall-index"] == "4")
                // The connection goes on.
                try await connection.send("GET", "/services/web?index=3")
                #expect(try await connection.response().status == 200)
            }
        }
    }

    @Test("an index in the future waits until the time is over, then shows the real one")
    func waitsOut() async throws {
        try await TestServer.with { server in
            _ = try await server.request("POST", "/register", Self.body("1"))
            let response = try await server.request("GET", "/services/web?index=999&wait=30ms")
            #expect(response.headers["x-rollcall-index"] == "3")
            #expect(try response.array().count == 1)
            let services = try await server.request("GET", "/services?index=999&wait=30ms")
            #expect(services.headers["x-rollcall-index"] == "3")
        }
    }

    @Test("a client that goes away no longer waits")
    func noticesDeparture() async throws {
        try await TestServer.with { server in
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send("GET", "/services/web?index=1&wait=10m")
                await waitForWaiters(1, server)
                try await connection.close()
            }
            await waitForWaiters(0, server)
            #expect(server.keeper.waiterCount == 0)
        }
    }

    @Test("a server that stops answers what waits")
    func answersAtStop() async throws {
        try await TestServer.with { server in
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send("GET", "/services/web?index=1&wait=10m")
                await waitForWaiters(1, server)
                await server.stop()
                #expect(try await connection.response().status == 200)
            }
        }
    }

    @Test(
        "a wrong index or time is 400",
        arguments: ["index=x", "index=-1", "index=1&wait=60", "index=1&wait=abc", "index=%zz"]
    )
    func refusesBadParameters(query: String) async throws {
        try await TestServer.with { server in
            let response = try await server.request("GET", "/services/web?\(query)")
            #expect(response.status == 400)
            #expect(response.error.contains("nvalid") || response.error.contains("broken"))
        }
    }

    private func waitForWaiters(_ count: Int, _ server: TestServer) async {
        while server.keeper.waiterCount != count { await Task.yield() }
    }
}
