import ServiceCatalog
import Testing

@testable import RegistryAPI

/// Requests that are answered on the connection's event loop; those of other tests say
/// `Connection: close` and are not.
@Suite("HTTP server: registrations and heartbeats on a kept connection", .timeLimit(.minutes(1)))
struct DirectRequestTests {
    private static let web = #"{"service":"web","host":"10.0.0.1","port":80,"id":"web-1"}"#

    private typealias Asked = (method: String, path: String, body: String?)

    private static let everything: [Asked] = [
        ("POST", "/register", web),
        ("POST", "/register", #"{"service":"web","host":"10.0.0.2","port":80,"extra":1}"#),
        ("POST", "/register", #"{"service":"web","host":"10.0.0.2","port":80,"port":81}"#),
        ("POST", "/register", "{"), ("POST", "/register", " "), ("POST", "/register", nil),
        ("POST", "/register?token=%zz", web),
        ("PUT", "/register", web),
        ("PUT", "/heartbeat/web-1", nil), ("PUT", "/heartbeat/nobody", nil),
        ("PUT", "/heartbeat/", nil), ("PUT", "/heartbeat/a/b", nil), ("PUT", "/heartbeat/%", nil),
        ("PUT", "/heartbeat/web%2D1", nil),
        (
            "PUT", "/v1/agent/service/register",
            #"{"ID":"a b","Name":"api","Port":1,"Check":{"CheckID":"ttl","TTL":"1m"}}"#
        ),
        ("PUT", "/v1/agent/service/register", #"{"Name":"api","Nonsense":1}"#),
        ("PUT", "/v1/agent/service/register?ns=other", #"{"Name":"api"}"#),
        ("PUT", "/v1/agent/service/register", #"{"Name":"consul"}"#),
        ("PUT", "/v1/agent/check/pass/ttl", nil),
        ("PUT", "/v1/agent/check/warn/ttl?note=so+so", nil),
        ("PUT", "/v1/agent/check/fail/ttl", nil),
        ("PUT", "/v1/agent/check/update/ttl", #"{"Status":"passing","Output":"x"}"#),
        ("PUT", "/v1/agent/check/update/ttl", #"{"Status":"odd"}"#),
        ("PUT", "/v1/agent/check/pass/nobody", nil),
        ("PUT", "/v1/agent/check/pass/", nil),
        (
            "PUT", "/v1/catalog/register",
            #"{"Node":"n","Address":"10.0.0.9","Service":{"Service":"db","Port":5}}"#
        ),
        ("PUT", "/v1/catalog/register?pretty", #"{"Node":"n","Address":"10.0.0.9"}"#),
        ("PUT", "/v1/catalog/register", #"{"Address":"10.0.0.9"}"#),
        ("PUT", "/v1/catalog/register", #"{"Node":"n","Datacenter":"other"}"#),
        ("PUT", "/v1/session/renew/nobody", nil),
        ("PUT", "/v1/agent/service/deregister/a%20b", nil),
        ("PUT", "/v1/agent/service/deregister/a%20b", nil),
    ]

    /// All answers, each as text, on one connection.
    private func answers(_ server: TestServer, split: Bool) async throws -> [String] {
        try await TestConnection.with(port: server.port) { connection in
            var answers: [String] = []
            for asked in Self.everything {
                var headers: [String: String] = [:]
                // What Hummingbird sees alone.
                if split { headers["Connection"] = "Keep-Alive, x" }
                try await connection.send(
                    asked.method,
                    asked.path,
                    body: asked.body,
                    headers: headers
                )
                let answer = try await connection.response()
                let fields = answer.headers.filter { $0.key != "date" }
                    .sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
                #expect(answer.headers["date"]?.hasSuffix(" GMT") == true)
                answers.append(
                    "\(asked.method) \(asked.path): \(answer.status) \(fields) \(answer.body)"
                )
            }
            return answers
        }
    }

    @Test("answers are the same as on the long way")
    func answersAlike() async throws {
        var short: [String] = []
        var long: [String] = []
        try await TestServer.with { short = try await answers($0, split: false) }
        try await TestServer.with { long = try await answers($0, split: true) }
        for (short, long) in zip(short, long) { #expect(short == long) }
        #expect(short.count == Self.everything.count)
        #expect(short.contains { $0.contains(" 200 ") } && short.contains { $0.contains(" 400 ") })
    }

    @Test("an overloaded log is 503")
    func reportsOverload() async throws {
        try await TestServer.with { server in
            server.log.fail(with: .overloaded)
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send("POST", "/register", body: Self.web)
                let answer = try await connection.response()
                #expect(answer.status == 503)
                #expect(answer.headers["retry-after"] == "1")
                server.log.fail(with: nil)
                try await connection.send("POST", "/register", body: Self.web)
                #expect(try await connection.response().status == 200)
            }
        }
    }

    @Test("requests that were sent at once are answered in their order")
    func keepsOrder() async throws {
        try await TestServer.with { server in
            try await TestConnection.with(port: server.port) { connection in
                let register =
                    "POST /register HTTP/1.1\r\nHost: test\r\n"
                    + "Content-Length: \(Self.web.utf8.count)\r\n\r\n\(Self.web)"
                let list = "GET /services HTTP/1.1\r\nHost: test\r\n\r\n"
                let beat = "PUT /v1/agent/check/pass/none HTTP/1.1\r\nHost: test\r\n\r\n"
                server.log.hold()
                try await connection.send(register + list + beat + register + beat + list)
                while server.log.changes.count < 2 { await Task.yield() }
                server.log.release()
                var answers: [TestResponse] = []
                for _ in 0..<6 { answers.append(try await connection.response()) }
                #expect(answers.map(\.status) == [200, 200, 404, 200, 404, 200])
                #expect(answers[1].body == "{\"web\":[]}\n")
                #expect(answers[3].body == answers[0].body)
            }
        }
    }

    @Test("a body that comes in pieces is taken all the same")
    func takesPieces() async throws {
        try await TestServer.with { server in
            try await TestConnection.with(port: server.port) { connection in
                for cut in [0, 1, Self.web.utf8.count - 1] {
                    try await connection.send(
                        "POST /register HTTP/1.1\r\nHost: test\r\n"
                            + "Content-Length: \(Self.web.utf8.count)\r\n\r\n"
                            + Self.web.prefix(cut)
                    )
                    try await connection.send(String(Self.web.dropFirst(cut)))
                    #expect(try await connection.response().status == 200)
                }
            }
        }
    }

    @Test("who closes one half of the connection still gets the answer")
    func answersHalfClosed() async throws {
        try await TestServer.with { server in
            try await TestConnection.with(port: server.port) { connection in
                server.log.hold()
                try await connection.send("POST", "/register", body: Self.web)
                while server.log.changes.count < 2 { await Task.yield() }
                try await connection.finishSending()
                server.log.release()
                #expect(try await connection.response().status == 200)
                _ = try await connection.untilClosed()
            }
        }
    }

    @Test("who leaves before the answer costs nothing")
    func survivesDeparture() async throws {
        try await TestServer.with { server in
            try await TestConnection.with(port: server.port) { connection in
                server.log.hold()
                try await connection.send("POST", "/register", body: Self.web)
                while server.log.changes.count < 2 { await Task.yield() }
                try await connection.close()
            }
            server.log.release()
            while server.service.connectionCount > 0 { await Task.yield() }
            #expect(try await server.request("GET", "/services").body == "{\"web\":[]}\n")
        }
    }

    @Test("a server that stops answers first what it has begun")
    func answersWhileStopping() async throws {
        try await TestServer.with { server in
            try await TestConnection.with(port: server.port) { connection in
                server.log.hold()
                try await connection.send("POST", "/register", body: Self.web)
                while server.log.changes.count < 2 { await Task.yield() }
                await server.stop()
                server.log.release()
                #expect(try await connection.response().status == 200)
                _ = try await connection.untilClosed()
            }
        }
    }

    @Test("heartbeats keep a connection from being idle, and their end lets it close")
    func countsAsActivity() async throws {
        var settings = APISettings()
        settings.idleTimeout = .milliseconds(300)
        try await TestServer.with(settings: settings) { server in
            try await TestConnection.with(port: server.port) { connection in
                let start = ContinuousClock.now
                while ContinuousClock.now - start < .milliseconds(700) {
                    try await connection.send("PUT", "/heartbeat/nobody")
                    #expect(try await connection.response().status == 404)
                }
                #expect(try await connection.untilClosed() == "")
            }
        }
    }

    @Test("a token is asked for")
    func asksForToken() async throws {
        let access = AccessControl(
            AccessSettings(isEnabled: true, allowsByDefault: false),
            now: { 0 }
        )
        try await TestServer.with(access: access) { server in
            try await TestConnection.with(port: server.port) { connection in
                for (method, path, body) in [
                    ("POST", "/register", Self.web),
                    ("PUT", "/v1/agent/service/register", #"{"Name":"web"}"#),
                ] {
                    try await connection.send(method, path, body: body)
                    #expect(try await connection.response().status == 403)
                    try await connection.send(
                        method,
                        path,
                        body: body,
                        headers: ["X-Consul-Token": "unknown"]
                    )
                    #expect(try await connection.response().status == 403)
                }
            }
        }
    }
}
