import DNSWire
import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("Tokens")
    struct AccessTests {
        private static let management = "6f1c0a52-5a0e-4d0e-9c63-0c1a6c5a7b10"
        private static let settings = [
            "ROLLCALL_ACL_ENABLED": "true", "ROLLCALL_ACL_DEFAULT_POLICY": "deny",
            "ROLLCALL_ACL_TOKENS_INITIAL_MANAGEMENT": management,
        ]

        /// Sends a request with a token; the reply may be a refusal.
        private func send(
            _ server: RollcallProcess,
            _ method: String,
            _ path: String,
            _ body: String? = nil,
            as secret: String?
        ) throws -> HTTPReply {
            let token = secret.map { "\(path.contains("?") ? "&" : "?")token=\($0)" } ?? ""
            return try server.http(method, path + token, body)
        }

        /// A new policy and a token with it; the result is the token's secret.
        private func token(
            _ server: RollcallProcess,
            _ name: String,
            _ rules: String
        ) throws -> String {
            let text = rules.replacing("\"", with: "\\\"")
            let policy = #"{"Name":"\#(name)","Rules":"\#(text)"}"#
            let made = try send(server, "PUT", "/v1/acl/policy", policy, as: Self.management)
            try #require(made.status == 200, "\(made)")
            let body = #"{"Policies":[{"Name":"\#(name)"}]}"#
            let token = try send(server, "PUT", "/v1/acl/token", body, as: Self.management)
            return try #require(token.json["SecretID"].text)
        }

        private func code(_ server: RollcallProcess, _ name: String) throws -> ResponseCode? {
            try server.dns.ask(name, .a).responseCode
        }

        @Test("a writer registers, a reader finds, strangers do neither, also after a restart")
        func readersAndWriters() async throws {
            let scratch = try ScratchFolder()
            let server = try await RollcallProcess.start(settings: Self.settings, scratch: scratch)
            let writer = try token(server, "writer", "service \"web\" { policy = \"write\" }")
            let reader = try token(
                server,
                "reader",
                "service_prefix \"\" { policy = \"read\" } node_prefix \"\" { policy = \"read\" }"
            )
            let body = #"{"service":"web","host":"10.0.1.1","port":80}"#
            #expect(try send(server, "POST", "/register", body, as: nil).status == 403)
            #expect(try send(server, "POST", "/register", body, as: reader).status == 403)
            #expect(try send(server, "POST", "/register", body, as: writer).status == 200)
            let path = "/v1/health/service/web"
            #expect(try send(server, "GET", path, as: nil).body == "[]")
            #expect(try send(server, "GET", path, as: reader).json.list.count == 1)
            try await server.stop()

            let again = try await RollcallProcess.start(settings: Self.settings, scratch: scratch)
            #expect(try send(again, "GET", path, as: reader).json.list.count == 1)
            #expect(try send(again, "GET", path, as: nil).body == "[]")
            let bootstrap = try send(again, "PUT", "/v1/acl/bootstrap", as: nil)
            #expect(bootstrap.status == 403)
            for secret in [Self.management, writer, reader] {
                #expect(!server.process.errors.contains(secret))
                #expect(!again.process.errors.contains(secret))
            }
        }

        @Test("DNS shows what its token may read, and says so")
        func dns() async throws {
            var settings = Self.settings
            let secret = "0d9f5a3e-8a7b-4f58-9d3a-1f5f8b7f2c11"
            settings["ROLLCALL_ACL_TOKENS_DNS"] = secret
            let server = try await RollcallProcess.start(settings: settings)
            for name in ["web", "db"] {
                let body = #"{"service":"\#(name)","host":"10.0.1.1","port":80}"#
                let reply = try send(server, "POST", "/register", body, as: Self.management)
                #expect(reply.status == 200)
            }
            #expect(try code(server, "web.service.consul") == .nameError)
            let policy =
                #"{"Name":"dns","Rules":"service \"web\" { policy = \"read\" } "#
                + #"node_prefix \"\" { policy = \"read\" }"}"#
            _ = try send(server, "PUT", "/v1/acl/policy", policy, as: Self.management)
            let body = #"{"SecretID":"\#(secret)","Policies":[{"Name":"dns"}]}"#
            let made = try send(server, "PUT", "/v1/acl/token", body, as: Self.management)
            #expect(made.status == 200)
            #expect(try server.dns.addresses("web.service.consul") == ["10.0.1.1"])
            let denied = try await CommandLineClient.run([
                "dig", "+tries=1", "@127.0.0.1", "-p", "\(server.dnsPort)", "db.service.consul",
            ])
            #expect(denied.output.contains("status: NXDOMAIN"))
            #expect(denied.output.contains("EDE: 18 (Prohibited)"))
            let accessor = try #require(made.json["AccessorID"].text)
            let gone = try send(server, "DELETE", "/v1/acl/token/\(accessor)", as: Self.management)
            #expect(gone.status == 200)
            #expect(try code(server, "web.service.consul") == .nameError)
        }

        @Test("subcommands show the token of --token and ROLLCALL_TOKEN")
        func subcommands() async throws {
            let server = try await RollcallProcess.start(settings: Self.settings)
            let address = ["--http-address", server.url]
            let register = ["register", "web", "--host", "10.0.1.1", "--port", "80"] + address
            let denied = try await RollcallProcess.command(register)
            #expect(!denied.succeeded)
            #expect(denied.errors.contains("Permission denied"))
            let flag = try await RollcallProcess.command(
                register + ["--token", Self.management]
            )
            #expect(flag.succeeded, "\(flag)")
            let listed = try await RollcallProcess.command(
                ["services"] + address,
                settings: ["ROLLCALL_TOKEN": Self.management]
            )
            #expect(listed.output.contains("web"))
        }

        @Test("without tokens on a public address the start warns, with what to do")
        func warning() async throws {
            let open = try await RollcallProcess.start(listen: "0.0.0.0:0")
            #expect(open.process.errors.contains("listens on a public address"))
            #expect(open.process.errors.contains("acl.enabled: true"))
            let closed = try await RollcallProcess.start(
                settings: Self.settings,
                listen: "0.0.0.0:0"
            )
            #expect(!closed.process.errors.contains("listens on a public address"))
        }
    }
}
