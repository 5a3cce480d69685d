import Logging
import ServiceCatalog
import Testing

@testable import RegistryAPI

@Suite("HTTP server", .timeLimit(.minutes(1)))
struct ServerTests {
    @Test("a taken port is one precise error before anything is served")
    func reportsTakenPort() async throws {
        try await TestServer.with { server in
            let error = await #expect(throws: APIServiceError.self) {
                try await APIService.bind(
                    to: [("127.0.0.1", 0), ("127.0.0.1", server.port)],
                    api: server.api,
                    logger: Logger(label: "test")
                )
            }
            #expect(error?.code == .addressInUse)
            #expect(
                error?.description == "cannot listen for HTTP on 127.0.0.1:\(server.port): "
                    + "the address is in use by another program"
            )
        }
    }

    @Test("an address of another host is refused by name")
    func reportsForeignAddress() async throws {
        try await TestServer.with { server in
            let error = await #expect(throws: APIServiceError.self) {
                try await APIService.bind(
                    to: [("192.0.2.1", 0)],
                    api: server.api,
                    logger: Logger(label: "test")
                )
            }
            #expect(error?.code == .addressUnusable)
            #expect(error?.description.contains("192.0.2.1:0") == true)
        }
    }

    @Test("a server that was bound and never run can be closed")
    func closesUnused() async throws {
        try await TestServer.with { server in
            let service = try await APIService.bind(
                to: [("127.0.0.1", 0), ("::1", 0)],
                api: server.api,
                logger: Logger(label: "test")
            )
            #expect(service.addresses.allSatisfy { $0.port > 0 })
            await service.close()
        }
    }

    @Test("an unknown path is 404, as JSON or below /v1 as text")
    func reportsUnknownPath() async throws {
        try await TestServer.with { server in
            let native = try await server.request("GET", "/nothing")
            #expect(native.status == 404)
            #expect(native.error == "there is nothing at this path")
            let consul = try await server.request("GET", "/v1/nothing")
            #expect(consul.status == 404)
            #expect(consul.headers["content-type"]?.hasPrefix("text/plain") == true)
        }
    }

    @Test("a wrong method is 405 with the right ones; OPTIONS lists them; HEAD has no body")
    func reportsMethods() async throws {
        try await TestServer.with { server in
            let wrong = try await server.request("GET", "/register")
            #expect(wrong.status == 405)
            #expect(wrong.headers["allow"] == "OPTIONS, POST")
            #expect(wrong.error == "method GET is not allowed here")
            let options = try await server.request("OPTIONS", "/services")
            #expect(options.status == 200)
            #expect(options.headers["allow"] == "GET, HEAD, OPTIONS")
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send("HEAD", "/health")
                let head = try await connection.head()
                #expect(head.status == 200)
                #expect(head.headers["content-length"] == "16")
                // Nothing follows it but the next response.
                try await connection.send("GET", "/ready")
                #expect(try await connection.response().body == "{\"status\":\"ready\"}\n")
            }
        }
    }

    @Test("a connection takes many requests, also at once")
    func keepsAlive() async throws {
        try await TestServer.with { server in
            try await TestConnection.with(port: server.port) { connection in
                let request = "GET /health HTTP/1.1\r\nHost: test\r\n\r\n"
                try await connection.send(request + request + request)
                for _ in 0..<3 { #expect(try await connection.response().status == 200) }
                #expect(server.service.connectionCount == 1)
            }
        }
    }

    @Test("health tells the problem")
    func reportsHealth() async throws {
        try await TestServer.with { server in
            #expect(try await server.request("GET", "/health").body == "{\"status\":\"ok\"}\n")
            server.problems.begin(Problem(code: "slow", text: "it is slow", remedy: "wait"))
            let degraded = try await server.request("GET", "/health")
            #expect(degraded.status == 200)
            #expect(
                degraded.body == """
                    {"problems":[{"code":"slow","remedy":"wait","since":"2026-07-14T03:33:20.000Z",\
                    "text":"it is slow"}],"status":"degraded"}

                    """
            )
            #expect(try await server.request("GET", "/ready").status == 200)
            server.problems.begin(
                Problem(code: "full", text: "the disk is full", remedy: "room", isFailure: true)
            )
            let response = try await server.request("GET", "/health")
            #expect(response.status == 503)
            #expect(try response.object()["status"] as? String == "failing")
            #expect(try response.object()["problem"] as? String == "the disk is full")
            #expect((try response.object()["problems"] as? [Any])?.count == 2)
            #expect(try await server.request("GET", "/ready").status == 503)
            let metrics = try await server.request("GET", "/metrics")
            #expect(metrics.body == "rollcall_up 1\n")
            #expect(metrics.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
            #expect(metrics.headers["date"]?.hasSuffix(" GMT") == true)
            #expect(try await server.request("GET", "/").object()["name"] as? String == "rollcall")
        }
    }
}
