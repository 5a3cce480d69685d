import ServiceCatalog
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("HTTP server: the bodies of all requests together", .timeLimit(.minutes(1)))
struct BodyBudgetTests {
    private static let bytes = 1_000_000
    private static let registration =
        RegisterTests.payment
        + String(repeating: " ", count: bytes - RegisterTests.payment.utf8.count)

    private static var settings: APISettings {
        var settings = APISettings()
        settings.bodiesBytesMax = 1 << 20
        return settings
    }

    /// Sends a request but for the last byte of its body, and waits until the server has read that.
    private static func sendMost(
        of method: String,
        _ path: String,
        on connection: TestConnection,
        to server: TestServer
    ) async throws {
        try await connection.send(
            "\(method) \(path) HTTP/1.1\r\nHost: test\r\nContent-Length: \(bytes)\r\n\r\n"
        )
        try await connection.send(String(registration.dropLast()))
        try await eventually("most of it was read") { server.service.isShortOfBodies }
    }

    @Test(
        "what does not fit is 503 until the request that takes the room is answered",
        arguments: [("POST", "/register"), ("POST", "/import"), ("PUT", "/v1/kv/a")]
    )
    func refusesAndRecovers(method: String, path: String) async throws {
        try await TestServer.with(settings: Self.settings) { server in
            try await TestConnection.with(port: server.port) { first in
                try await Self.sendMost(of: "POST", "/register", on: first, to: server)
                let body = String(Self.registration.prefix(500_000))
                let refused = try await server.request(method, path, body)
                #expect(refused.status == 503)
                #expect(refused.headers["retry-after"] == "1")
                #expect(refused.headers["connection"] == "close")
                let reason = path.hasPrefix("/v1/") ? refused.body : refused.error
                #expect(
                    reason.hasPrefix(
                        "the bodies of requests take too much memory together; try again later"
                    )
                )
                #expect(refused.body.contains("http.bodies_bytes_max"), "\(refused.body)")
                // A small one is answered all the while.
                let small = try await server.request("POST", "/register", RegisterTests.payment)
                #expect(small.status == 200)
                try await first.send(" ")
                #expect(try await first.response().status == 200)
                try await eventually("there is room") { !server.service.isShortOfBodies }
                #expect(try await server.request(method, path, body).status == 200)
            }
        }
    }

    @Test("a client that leaves in the middle of a body takes no room any more")
    func departure() async throws {
        try await TestServer.with(settings: Self.settings) { server in
            for _ in 0..<5 {
                try await TestConnection.with(port: server.port) { connection in
                    try await Self.sendMost(of: "POST", "/import", on: connection, to: server)
                    try await connection.close()
                }
                try await eventually("there is room") { !server.service.isShortOfBodies }
            }
            let whole = try await server.request("POST", "/register", Self.registration)
            #expect(whole.status == 200)
        }
    }

    @Test("an import larger than the room for all is taken, line by line")
    func importOfMany() async throws {
        var settings = Self.settings
        settings.bodiesBytesMax = 4 << 20
        try await TestServer.with(settings: settings) { server in
            let lines = (0..<3_000).map { number in
                let padding = String(repeating: " ", count: 1_500)
                return
                    #"{"service":"web","id":"i\#(number)","host":"10.0.0.1","port":80}\#(padding)"#
            }
            let body = lines.joined(separator: "\n")
            #expect(body.utf8.count > 4 << 20)
            let reply = try await server.request("POST", "/import", body)
            #expect(reply.status == 200, "\(reply)")
            #expect(try reply.object()["imported"] as? Int == 3_000)
        }
    }

    @Test("one snapshot at a time is read, and none of a client that may not restore it")
    func oneSnapshot() async throws {
        let access = AccessControl(AccessSettings(isEnabled: true), now: { 0 })
        try await TestServer.with(settings: Self.settings, access: access) { server in
            let secret = ConsulHarness.management
            let token = AccessToken.management(
                secretID: secret,
                accessorID: "11111111-bbbb-4bbb-8bbb-111111111111",
                description: "of the test",
                now: 0
            )
            try await server.log.append(.setAccessToken(token))
            let head = "PUT /v1/snapshot HTTP/1.1\r\nHost: test\r\nContent-Length: 2000000\r\n"
            let tokenHeader = ["X-Consul-Token": secret]
            try await TestConnection.with(port: server.port) { nobody in
                try await nobody.send(head + "\r\n" + "rollcall")
                #expect(try await nobody.response().status == 403)
                try await TestConnection.with(port: server.port) { first in
                    try await first.send(head + "X-Consul-Token: \(secret)\r\n\r\nrollcall")
                    try await eventually("the first is being read") {
                        let reply = try await server.request(
                            "PUT",
                            "/v1/snapshot",
                            "x",
                            headers: tokenHeader
                        )
                        guard reply.status == 503 else { return false }
                        #expect(reply.body == "another snapshot is being restored; try again later")
                        return true
                    }
                    try await first.close()
                }
                try await eventually("the next one is read") {
                    try await server.request("PUT", "/v1/snapshot", "x", headers: tokenHeader)
                        .status == 400
                }
            }
        }
    }
}
