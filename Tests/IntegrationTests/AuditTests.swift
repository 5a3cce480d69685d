import Foundation
import Glibc
import TestSupport
import Testing

extension ProgramTests {
    @Suite("The audit log")
    struct AuditTests {
        private static let management = "6f1c0a52-5a0e-4d0e-9c63-0c1a6c5a7b11"

        private func entries(_ path: String) throws -> [JSON] {
            guard FileManager.default.fileExists(atPath: path) else { return [] }
            let text = try String(contentsOfFile: path, encoding: .utf8)
            return try text.split(separator: "\n").map { try JSON(String($0)) }
        }

        private func mode(_ path: String) throws -> Int {
            let facts = try FileManager.default.attributesOfItem(atPath: path)
            return try #require(facts[.posixPermissions] as? Int)
        }

        @Test("tells of each write who did what and what came of it, on every path, in order")
        func writes() async throws {
            let scratch = try ScratchFolder()
            let file = scratch.path("audit.log")
            let server = try await RollcallProcess.start(
                settings: [
                    "ROLLCALL_AUDIT_LOG": file, "ROLLCALL_ACL_ENABLED": "true",
                    "ROLLCALL_ACL_DEFAULT_POLICY": "deny",
                    "ROLLCALL_ACL_TOKENS_INITIAL_MANAGEMENT": Self.management,
                ],
                scratch: scratch
            )
            let client = try HTTPClientConnection(port: server.httpPort)
            let token = ["X-Consul-Token": Self.management]
            let register = #"{"service":"web","host":"10.0.0.7","port":80}"#
            #expect(try client.request("POST", "/register", register).status == 403)
            #expect(try client.request("POST", "/register", register, headers: token).status == 200)
            #expect(
                try client.request("PUT", "/v1/kv/a/b?token=\(Self.management)", "hidden").status
                    == 200
            )
            #expect(
                try client.request(
                    "PUT",
                    "/v1/agent/service/register",
                    #"{"Name":"api","Port":1}"#,
                    headers: ["Authorization": "Bearer \(Self.management)"]
                ).status == 200
            )
            #expect(
                try client.request("POST", "/register", "{", headers: token).status == 400
            )
            #expect(try client.request("GET", "/services", headers: token).status == 200)
            #expect(
                try client.request("PUT", "/v1/kv/a/c", "x", headers: ["X-Consul-Token": "no"])
                    .status == 403
            )
            #expect(
                try client.request("DELETE", "/instances/web-10.0.0.7-80", headers: token).status
                    == 200
            )
            try await eventually("eight entries") { try entries(file).count >= 7 }
            let found = try entries(file)
            #expect(
                found.map { $0["method"].text } == [
                    "POST", "POST", "PUT", "PUT", "POST", "PUT", "DELETE",
                ]
            )
            #expect(found.map { $0["status"].number } == [403, 200, 200, 200, 400, 403, 200])
            #expect(
                found.allSatisfy { $0["address"].text == "127.0.0.1" && $0["by"].text == "client" }
            )
            #expect(Set(found.compactMap { $0["port"].number }).count == 1)
            let denied = try #require(found.first)
            #expect(denied["error"].text?.contains("Permission denied") == true, "\(denied)")
            #expect(denied["token"]["name"].text == "Anonymous Token")
            #expect(denied["index"] == .null)
            let made = found[1]
            #expect(made["what"][0]["service"].text == "web")
            #expect(made["what"][0]["instance"].text == "web-10.0.0.7-80")
            #expect(made["token"]["name"].text == "Initial Management Token")
            #expect(made["token"]["accessor_id"].text?.count == 36)
            #expect(found[2]["path"].text == "/v1/kv/a/b")
            #expect(found[2]["what"][0]["key"].text == "a/b")
            #expect(found[3]["what"][0]["service"].text == "api")
            #expect(found[5]["token"]["name"].text == "unknown")
            #expect(found[6]["what"][0]["instance"].text == "web-10.0.0.7-80")
            let indexes = found.compactMap { $0["index"].number }
            #expect(indexes == indexes.sorted() && indexes.count == 4)
            #expect(try mode(file) == 0o600)
            let text = try String(contentsOfFile: file, encoding: .utf8)
            #expect(!text.contains(Self.management))
            #expect(!text.contains("hidden"))
        }

        @Test("what the server removes itself is there, with the reason; heartbeats are not")
        func removals() async throws {
            let scratch = try ScratchFolder()
            let file = scratch.path("audit.log")
            let server = try await RollcallProcess.start(
                settings: ["ROLLCALL_AUDIT_LOG": file, "ROLLCALL_LEASES_TTL_MIN": "1s"],
                scratch: scratch
            )
            try server.register(#"{"service":"web","host":"10.0.0.7","port":80,"ttl":"1s"}"#)
            #expect(try server.http("PUT", "/heartbeat/web-10.0.0.7-80").status == 200)
            #expect(try server.http("PUT", "/heartbeat/nobody").status == 404)
            try await eventually("the removal", within: .seconds(10)) {
                try entries(file).contains { $0["by"].text == "rollcall" }
            }
            let found = try entries(file)
            #expect(found.count == 3)
            #expect(found[1]["path"].text == "/heartbeat/nobody")
            let removal = try #require(found.last)
            #expect(removal["reason"].text == "the lease ran out")
            #expect(removal["what"][0]["instance"].text == "web-10.0.0.7-80")
            #expect(removal["index"].number != nil)
        }

        @Test("SIGHUP opens the file again after a rotation")
        func rotation() async throws {
            let scratch = try ScratchFolder()
            let file = scratch.path("audit.log")
            let server = try await RollcallProcess.start(
                settings: ["ROLLCALL_AUDIT_LOG": file],
                scratch: scratch
            )
            try server.register(#"{"service":"web","host":"10.0.0.7","port":80}"#)
            try await eventually("an entry") { try entries(file).count == 1 }
            try FileManager.default.moveItem(atPath: file, toPath: file + ".1")
            server.process.signal(SIGHUP)
            try await eventually("a new file") { FileManager.default.fileExists(atPath: file) }
            try server.register(#"{"service":"api","host":"10.0.0.7","port":81}"#)
            try await eventually("its entry") { try entries(file).count == 1 }
            #expect(try entries(file)[0]["what"][0]["service"].text == "api")
            #expect(try entries(file + ".1").count == 1)
        }

        @Test("a full disk stops no write; health and metrics say that they are not recorded")
        func fullDisk() async throws {
            let server = try await RollcallProcess.start(
                settings: ["ROLLCALL_AUDIT_LOG": "/dev/full"]
            )
            try server.register(#"{"service":"web","host":"10.0.0.7","port":80}"#)
            #expect(try server.dns.addresses("web.service.consul") == ["10.0.0.7"])
            try await eventually("the warning") {
                try server.http("GET", "/health").body.contains("writes are not recorded")
            }
            let health = try server.http("GET", "/health")
            #expect(health.status == 200)
            #expect(health.json["problems"][0]["text"].text?.contains("No space left") == true)
            let metrics = try server.http("GET", "/metrics").body
            #expect(metrics.contains("rollcall_audit_failing 1"))
            #expect(metrics.contains(#"rollcall_audit_entries_total{result="left_out"} 1"#))
        }

        @Test("log writes entries to the program's log; a file that cannot be opened is status 2")
        func destinations() async throws {
            let server = try await RollcallProcess.start(
                settings: ["ROLLCALL_AUDIT_LOG": "log", "ROLLCALL_LOG_FORMAT": "json"]
            )
            try server.register(#"{"service":"web","host":"10.0.0.7","port":80}"#)
            try await eventually("the line") { server.process.errors.contains(#""audit""#) }
            let lines = server.process.errors.split(separator: "\n")
            let line = try #require(lines.first { $0.contains(#""audit""#) })
            let entry = try JSON(try JSON(String(line))["metadata"]["entry"].text ?? "")
            #expect(entry["what"][0]["service"].text == "web")

            let scratch = try ScratchFolder()
            let refused = try RollcallProcess.launch(
                [],
                settings: ["ROLLCALL_AUDIT_LOG": scratch.path("no/such/folder")],
                scratch: scratch
            )
            #expect(try await refused.untilEnd() == .exit(2))
            #expect(refused.errors.contains("audit_log"), "\(refused.errors)")
        }
    }

    @Suite("Networks of HTTP clients")
    struct ClientNetworkTests {
        @Test("others' connections are closed unread, counted and told of once")
        func strangers() async throws {
            let server = try await RollcallProcess.start(
                settings: ["ROLLCALL_HTTP_ALLOWED_CLIENTS": "192.0.2.0/24"]
            )
            for _ in 0..<3 {
                let client = try HTTPClientConnection(port: server.httpPort)
                // The end of the connection, or its reset.
                let bytes = (try? client.socket.receive()) ?? []
                #expect(bytes.isEmpty)
            }
            try await eventually("the warning") {
                server.process.errors.contains("http.allowed_clients does not have their address")
            }
            let warnings = server.process.errors.split(separator: "\n").filter {
                $0.contains("http.allowed_clients")
            }
            #expect(warnings.count == 1)
            #expect(try server.dns.addresses("consul.service.consul") == ["127.0.0.1"])
        }

        @Test("those that may connect but not write read on, with Consul's word for it")
        func readers() async throws {
            let scratch = try ScratchFolder()
            let file = try scratch.write(
                #"{"http_config":{"allow_write_http_from":["192.0.2.0/24"]}}"#,
                to: "consul.json"
            )
            let server = try await RollcallProcess.start(
                ["--consul-config", file],
                scratch: scratch
            )
            let body = #"{"service":"web","host":"10.0.0.7","port":80}"#
            let refused = try server.http("POST", "/register", body)
            #expect(refused.status == 403)
            #expect(refused.json["hint"].text?.contains("http.allowed_writers") == true)
            let consul = try server.http("PUT", "/v1/kv/a", "b")
            #expect(consul.status == 403)
            #expect(consul.body == "Access is restricted")
            #expect(try server.http("PUT", "/v1/agent/service/register", "{}").status == 403)
            #expect(try server.http("GET", "/services").status == 200)
        }
    }
}
