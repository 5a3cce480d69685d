import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("Secrets stay secret")
    struct SecrecyTests {
        private static let management = "mark-4b0f8c1e-management"
        private static let marks = ["mark-4b0f8c1e"]

        /// Requests that carry marked secrets wherever there is a place for one.
        private func sendAll(_ server: RollcallProcess) throws -> [HTTPReply] {
            let good = Self.management
            let bad = "mark-4b0f8c1e-bad"
            let register = #"{"service":"web","host":"10.0.0.7","port":80}"#
            var replies: [HTTPReply] = []
            func send(
                _ method: String,
                _ path: String,
                _ body: String? = nil,
                _ headers: [String: String] = [:]
            ) throws {
                replies.append(
                    try HTTPClientConnection(port: server.httpPort)
                        .request(method, path, body, headers: headers)
                )
            }
            for secret in [good, bad] {
                try send("POST", "/register", register, ["X-Consul-Token": secret])
                try send("POST", "/register", register, ["Authorization": "Bearer \(secret)"])
                try send("POST", "/register?token=\(secret)", register)
                try send("PUT", "/v1/agent/service/register?token=\(secret)", "{\"Name\":\"a\"}")
                try send("PUT", "/v1/kv/k?token=\(secret)", "mark-4b0f8c1e-value")
                try send("PUT", "/v1/kv/k?token=\(secret)&cas=mark", "mark-4b0f8c1e-value")
                try send("GET", "/services?token=\(secret)")
                try send("GET", "/v1/health/service/web?token=\(secret)&index=x")
                try send("PUT", "/heartbeat/none?token=\(secret)")
                try send("GET", "/nothing/here?token=\(secret)")
                try send("GET", "/services?token=\(secret)%zz")
                try send("POST", "/register?token=\(secret)%zz", register)
                try send("PUT", "/v1/kv/k?token=\(secret)%zz", "x")
            }
            let token = ["X-Consul-Token": good]
            let own = #"{"SecretID":"mark-4b0f8c1e-body"}"#
            try send("PUT", "/v1/acl/token", own, token)
            try send("PUT", "/v1/acl/token", own + "}", token)
            try send("PUT", "/v1/acl/token", #"{"SecretID":["mark-4b0f8c1e-list"]}"#, token)
            try send("PUT", "/v1/acl/bootstrap", #"{"BootstrapSecret":"mark-4b0f8c1e-boot"}"#)
            try send(
                "PUT",
                "/v1/txn",
                #"[{"KV":{"Verb":"sett","Key":"k","Value":"bWFyay00YjBmOGMxZQ=="}}]"#,
                token
            )
            return replies
        }

        @Test(
            "not in logs at trace, the audit log, metrics or replies",
            arguments: ["text", "json"]
        )
        func nowhere(_ format: String) async throws {
            let scratch = try ScratchFolder()
            let file = scratch.path("audit.log")
            let settings = [
                "ROLLCALL_LOG_LEVEL": "trace", "ROLLCALL_LOG_FORMAT": format,
                "ROLLCALL_AUDIT_LOG": file, "ROLLCALL_ACL_ENABLED": "true",
                "ROLLCALL_ACL_DEFAULT_POLICY": "deny",
                "ROLLCALL_ACL_TOKENS_INITIAL_MANAGEMENT": Self.management,
            ]
            let server = try await RollcallProcess.start(settings: settings, scratch: scratch)
            let replies = try sendAll(server)
            #expect(replies.contains { $0.status == 200 } && replies.contains { $0.status == 400 })
            #expect(replies.contains { $0.status == 403 })
            let metrics = try HTTPClientConnection(port: server.httpPort)
                .request("GET", "/metrics", headers: ["X-Consul-Token": Self.management])
            #expect(metrics.status == 200)
            // A parser that gives up in the middle of a header with a secret.
            let broken = try NetworkSocket(.tcp, port: server.httpPort)
            try broken.send(
                Array("GET / HTTP/1.1\r\nX-Consul-Token: mark-4b0f8c1e\r\n\0\r\n\r\n".utf8)
            )
            _ = try? broken.receive()
            let shown = try await RollcallProcess.command(
                ["check-config", "--json"],
                settings: settings
            )
            #expect(shown.succeeded)
            #expect(try await server.stop() == .exit(0))
            let places = [
                ("stdout", server.process.output), ("stderr", server.process.errors),
                ("audit log", try String(contentsOfFile: file, encoding: .utf8)),
                ("metrics", metrics.body), ("check-config", "\(shown)"),
                ("errors", replies.filter { $0.status >= 400 }.map(\.body).joined()),
            ]
            for (place, text) in places {
                #expect(!text.isEmpty || place == "stderr")
                for mark in Self.marks where text.contains(mark) {
                    let line = text.split(separator: "\n").first { $0.contains(mark) } ?? ""
                    Issue.record("\(place) tells a secret: \(line)")
                }
            }
        }
    }
}
