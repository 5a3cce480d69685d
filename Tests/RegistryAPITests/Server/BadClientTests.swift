import ServiceCatalog
import Testing

@testable import RegistryAPI

@Suite("HTTP server: bad clients", .timeLimit(.minutes(1)))
struct BadClientTests {
    private static let hasSucceeded = "{\"status\":\"ok\"}\n"

    @Test("a body of 10 MB is 413, declared or not, and the server goes on")
    func refusesLargeBody() async throws {
        try await TestServer.with { server in
            let body = String(repeating: "x", count: 10 << 20)
            let declared = try await server.request("POST", "/register", body)
            #expect(declared.status == 413)
            #expect(declared.error == "the body must not be larger than 1048576 bytes")
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send(
                    "POST /register HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "\(String(2 << 20, radix: 16))\r\n"
                )
                try await connection.send(String(body.prefix(2 << 20)))
                #expect(try await connection.response().status == 413)
                _ = try await connection.untilClosed()
            }
            #expect(try await server.request("GET", "/health").body == Self.hasSucceeded)
        }
    }

    @Test("Expect: 100-continue is answered before the body, or refused")
    func answersExpectation() async throws {
        try await TestServer.with { server in
            try await TestConnection.with(port: server.port) { connection in
                let body = RegisterTests.payment
                try await connection.send(
                    "POST /register HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n"
                )
                #expect(try await connection.head().status == 100)
                try await connection.send(body)
                #expect(try await connection.response().status == 200)
            }
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send(
                    "POST /register HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\n"
                        + "Content-Length: 10000000\r\n\r\n"
                )
                #expect(try await connection.response().status == 413)
            }
        }
    }

    @Test("half the head of a request does not hold a connection for ever")
    func endsHalfHead() async throws {
        var settings = APISettings()
        settings.headTimeout = .seconds(2)
        try await TestServer.with(settings: settings) { server in
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send("POST /register HTTP/1.1\r\nHos")
                let text = try await connection.untilClosed()
                #expect(text.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
                let parts = text.split(separator: "\r\n\r\n", maxSplits: 1)
                #expect(text.contains("Content-Length: \(parts[1].utf8.count)\r\n"))
            }
            #expect(try await server.request("GET", "/health").body == Self.hasSucceeded)
        }
    }

    @Test("half a body does not hold a connection for ever")
    func endsHalfBody() async throws {
        var settings = APISettings()
        settings.bodyTimeout = .milliseconds(50)
        try await TestServer.with(settings: settings) { server in
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send(
                    "POST /register HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n{\"serv"
                )
                let response = try await connection.response()
                #expect(response.status == 408)
                #expect(response.error == "the body of the request did not come in time")
                _ = try await connection.untilClosed()
            }
            #expect(try await server.request("GET", "/health").body == Self.hasSucceeded)
            #expect(server.log.changes.count == 1)
        }
    }

    @Test("an idle connection is closed")
    func endsIdleness() async throws {
        var settings = APISettings()
        settings.idleTimeout = .milliseconds(50)
        try await TestServer.with(settings: settings) { server in
            try await TestConnection.with(port: server.port) { connection in
                let text = try await connection.untilClosed()
                #expect(text == "")
            }
        }
    }

    @Test("a client that takes nothing of its responses is dropped")
    func dropsSlowReader() async throws {
        var settings = APISettings()
        settings.writeTimeout = .milliseconds(50)
        try await TestServer.with(settings: settings) { server in
            let lines = (1...4_000).map {
                #"{"service":"web","host":"10.0.0.1","port":\#($0)}"#
            }
            _ = try await server.request("POST", "/import", lines.joined(separator: "\n"))
            try await TestConnection.with(port: server.port) { connection in
                let request = "GET /services/web HTTP/1.1\r\nHost: test\r\n\r\n"
                try await connection.send(String(repeating: request, count: 40))
                while server.service.connectionCount > 0 {
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            let health = try await server.request("GET", "/health")
            #expect(health.body == Self.hasSucceeded)
        }
    }

    @Test("a client that leaves in the middle of a body changes nothing")
    func survivesDeparture() async throws {
        try await TestServer.with { server in
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send(
                    "POST /register HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n{\"serv"
                )
                try await connection.close()
            }
            while server.service.connectionCount > 0 { await Task.yield() }
            #expect(server.log.changes.count == 1)
            #expect(try await server.request("GET", "/health").body == Self.hasSucceeded)
        }
    }

    @Test("what is no HTTP is 400 and the end of the connection")
    func refusesRubbish() async throws {
        try await TestServer.with { server in
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send("\u{16}\u{3}\u{1} hello\r\n\r\n")
                #expect(try await connection.untilClosed().hasPrefix("HTTP/1.1 400 Bad Request"))
            }
            try await TestConnection.with(port: server.port) { connection in
                let name = String(repeating: "a", count: 100_000)
                try await connection.send("GET /health HTTP/1.1\r\n\(name): b\r\n\r\n")
                #expect(try await connection.untilClosed().hasPrefix("HTTP/1.1 4"))
            }
            #expect(try await server.request("GET", "/health").body == Self.hasSucceeded)
        }
    }

    @Test("more connections than allowed are refused, and there is room again when some close")
    func limitsConnections() async throws {
        var settings = APISettings()
        settings.connectionsMax = 1
        try await TestServer.with(settings: settings) { server in
            try await TestConnection.with(port: server.port) { first in
                try await first.send("GET", "/health")
                #expect(try await first.response().status == 200)
                try await TestConnection.with(port: server.port) { second in
                    let text = try await second.untilClosed()
                    #expect(text == "")
                }
                try await first.send("GET", "/health")
                #expect(try await first.response().status == 200)
            }
            while server.service.connectionCount > 0 { await Task.yield() }
            #expect(try await server.request("GET", "/health").status == 200)
        }
    }
}
