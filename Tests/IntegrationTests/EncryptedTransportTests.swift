import DNSWire
import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("Encrypted transports")
    struct EncryptedTransportTests {
        private let authority: TestAuthority

        init() async throws { authority = try await TestAuthority() }

        /// A server with all encrypted listeners and one instance of `web`.
        private func start(_ settings: [String: String] = [:]) async throws -> RollcallProcess {
            let server = try await RollcallProcess.start(
                settings: [
                    "ROLLCALL_HTTPS_LISTEN": "127.0.0.1:0",
                    "ROLLCALL_DNS_TLS_LISTEN": "127.0.0.1:0",
                    "ROLLCALL_DNS_HTTPS_LISTEN": "127.0.0.1:0",
                    "ROLLCALL_TLS_CERTIFICATE": authority.path("server.pem"),
                    "ROLLCALL_TLS_KEY": authority.path("server.key"),
                ].merging(settings) { $1 }
            )
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            return server
        }

        private func curl(_ arguments: String...) async throws -> CommandLineClient.Result {
            try await CommandLineClient.run(
                ["curl", "-sS", "-m", "10", "--cacert", authority.path("ca.pem")] + arguments
            )
        }

        private func metric(_ server: RollcallProcess, _ name: String) throws -> Int? {
            try server.http("GET", "/metrics").body.split(separator: "\n")
                .first { $0.hasPrefix(name + " ") }
                .flatMap { $0.split(separator: " ").last }.flatMap { Int($0) }
        }

        @Test("the API is served over TLS to curl and to our own subcommands")
        func api() async throws {
            let server = try await start()
            let url = "https://127.0.0.1:\(try server.port(of: "https"))"
            let body = #"{"service": "api", "host": "10.0.1.2", "port": 81}"#
            let registered = try await curl("-d", body, url + "/register")
            #expect(registered.succeeded, "\(registered)")
            #expect(try await server.dig("api.service.consul") == ["10.0.1.2"])
            let listed = try await RollcallProcess.command([
                "services", "--http-address", url, "--ca-file", authority.path("ca.pem"),
            ])
            #expect(listed.succeeded && listed.output.contains("web"), "\(listed)")
            let distrusted = try await RollcallProcess.command(["services", "--http-address", url])
            #expect(distrusted.end == .exit(1), "\(distrusted)")
            let unread = try await RollcallProcess.command([
                "services", "--http-address", url, "--ca-file", "none.pem",
            ])
            #expect(unread.end == .exit(2) && unread.errors.contains("none.pem"), "\(unread)")
        }

        @Test("with required client certificates only those of the authority get in")
        func clientCertificates() async throws {
            let server = try await start([
                "ROLLCALL_TLS_CLIENT_CA": authority.path("ca.pem"),
                "ROLLCALL_TLS_CLIENT_CERTIFICATES": "required",
            ])
            let url = "https://127.0.0.1:\(try server.port(of: "https"))/health"
            let none = try await curl(url)
            #expect(!none.succeeded, "\(none)")
            let stranger = try await curl(
                "--cert",
                authority.path("stranger.pem"),
                "--key",
                authority.path("stranger.key"),
                url
            )
            #expect(!stranger.succeeded, "\(stranger)")
            let known = try await curl(
                "--cert",
                authority.path("client.pem"),
                "--key",
                authority.path("client.key"),
                url
            )
            #expect(known.succeeded, "\(known)")
            let command = try await RollcallProcess.command(
                ["services"],
                settings: [
                    "ROLLCALL_HTTP_ADDR": String(url.dropLast("/health".count)),
                    "ROLLCALL_CA_FILE": authority.path("ca.pem"),
                    "ROLLCALL_CLIENT_CERT": authority.path("client.pem"),
                    "ROLLCALL_CLIENT_KEY": authority.path("client.key"),
                ]
            )
            #expect(command.succeeded, "\(command)")
            // DNS asks nobody for one.
            let port = try server.port(of: "dns-over-tls")
            let dig = try await CommandLineClient.run([
                "dig", "+short", "+tls", "@127.0.0.1", "-p", "\(port)", "web.service.consul",
            ])
            #expect(dig.lines == ["10.0.1.1"], "\(dig)")
        }

        @Test("dig and kdig ask over TLS and HTTPS; padded queries get padded replies")
        func resolvers() async throws {
            let server = try await start()
            let tls = try server.port(of: "dns-over-tls")
            let https = try server.port(of: "dns-over-https")
            let trust = ["+tls-ca=\(authority.path("ca.pem"))", "+tls-hostname=localhost"]
            for (port, flags) in [
                (tls, ["dig", "+tls"]), (https, ["dig", "+https"]), (https, ["dig", "+https-get"]),
                (tls, ["kdig"] + trust), (https, ["kdig", "+https"] + trust),
            ] {
                let result = try await CommandLineClient.run(
                    flags + ["+short", "@127.0.0.1", "-p", "\(port)", "web.service.consul"]
                )
                #expect(result.lines == ["10.0.1.1"], "\(result)")
            }
            let padded = try await CommandLineClient.run(
                ["kdig"] + trust
                    + ["+padding", "@127.0.0.1", "-p", "\(tls)", "web.service.consul", "SRV"]
            )
            #expect(padded.output.contains("Received 468 B"), "\(padded)")
            #expect(try metric(server, #"rollcall_dns_messages_total{transport="tls"}"#) == 3)
            #expect(try metric(server, #"rollcall_dns_messages_total{transport="https"}"#) == 3)
        }

        @Test("whose questions are answered holds here too, and changes on SIGHUP")
        func allowedClients() async throws {
            let scratch = try ScratchFolder()
            let file = try scratch.write("dns:\n  allowed_clients: [10.0.0.0/8]\n", to: "a.yaml")
            let server = try await start(["ROLLCALL_CONFIG": file])
            let tls = try server.port(of: "dns-over-tls")
            let https = try server.port(of: "dns-over-https")
            func status() async throws -> [String] {
                var found: [String] = []
                for (flag, port) in [("+tls", tls), ("+https", https)] {
                    let result = try await CommandLineClient.run([
                        "dig", flag, "@127.0.0.1", "-p", "\(port)", "web.service.consul",
                    ])
                    let known = ["REFUSED", "NOERROR"].first {
                        result.output.contains("status: \($0)")
                    }
                    found.append(known ?? result.description)
                }
                return found
            }
            #expect(try await status() == ["REFUSED", "REFUSED"])
            _ = try scratch.write("dns:\n  allowed_clients: [127.0.0.0/8]\n", to: "a.yaml")
            server.process.signal(SIGHUP)
            try await eventually("the new list") { try await status() == ["NOERROR", "NOERROR"] }
        }

        @Test("curl over HTTP/1.1 gets the bytes of DNS over TCP and how long to keep them")
        func bytes() async throws {
            let server = try await start()
            let query = Message.query(
                id: 0,
                name: try DomainName("web.service.consul"),
                type: .srv,
                edns: EDNS(udpPayloadBytes: 1232)
            ).encoded()
            let tcp = try NetworkSocket(.tcp, port: server.dnsPort)
            try tcp.send([UInt8(query.count >> 8), UInt8(query.count & 0xFF)] + query)
            let length = try tcp.receive(exactly: 2)
            let expected = try tcp.receive(exactly: Int(length[0]) << 8 | Int(length[1]))
            let scratch = try ScratchFolder()
            let file = scratch.path("query")
            try Data(query).write(to: URL(filePath: file))
            let url = "https://127.0.0.1:\(try server.port(of: "dns-over-https"))/dns-query"
            let result = try await curl(
                "--http1.1",
                "-H",
                "content-type: application/dns-message",
                "--data-binary",
                "@\(file)",
                "-D",
                scratch.path("head"),
                "-o",
                scratch.path("reply"),
                url
            )
            #expect(result.succeeded, "\(result)")
            #expect(try Data(contentsOf: URL(filePath: scratch.path("reply"))) == Data(expected))
            let head = try String(contentsOfFile: scratch.path("head"), encoding: .utf8)
            #expect(head.contains("200 OK") && head.contains("max-age=5"), "\(head)")
            // The registry is not behind the port of DNS.
            let registry = try await curl(
                "-w",
                "%{http_code}",
                "-o",
                "/dev/null",
                url + "/../health"
            )
            #expect(registry.output == "404", "\(registry)")
            let wrong = try await curl("-w", "%{http_code}", "-o", "/dev/null", "-d", "x", url)
            #expect(wrong.output == "415", "\(wrong)")
        }

        @Test("SIGHUP takes a new certificate; a bad one is refused and the old one stays")
        func reload() async throws {
            let server = try await start()
            let port = try server.port(of: "https")
            #expect(try await subject(port).contains("CN = server"))
            try authority.copy("client", to: "server")
            server.process.signal(SIGHUP)
            try await eventually("the new certificate") {
                try await subject(port).contains("CN = client")
            }
            _ = try authority.write("broken", to: "server.pem")
            server.process.signal(SIGHUP)
            try await eventually("it says so") {
                server.process.errors.contains("certificate refused, the old one stays")
            }
            #expect(try await subject(port).contains("CN = client"))
            #expect(try server.http("GET", "/health").body.contains("certificate_refused"))
            try authority.copy("client", to: "server")
            server.process.signal(SIGHUP)
            try await eventually("it is over") {
                try server.http("GET", "/health").json["status"].text == "ok"
            }
        }

        /// What openssl sees of the certificate on a port.
        private func subject(_ port: UInt16) async throws -> String {
            try await CommandLineClient.run([
                "openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-brief",
            ]).errors
        }

        @Test(
            "plain text, half handshakes and silence are turned away; others are served meanwhile"
        )
        func badHandshakes() async throws {
            let server = try await start([
                "ROLLCALL_TLS_HANDSHAKE_TIMEOUT": "300ms",
                "ROLLCALL_DNS_ENCRYPTED_IDLE_TIMEOUT": "1s",
            ])
            let https = try server.port(of: "https")
            let plain = try await CommandLineClient.run([
                "curl", "-sS", "-m", "10", "http://127.0.0.1:\(https)/",
            ])
            #expect(plain.output.contains("speaks HTTPS"), "\(plain)")
            let tls = try server.port(of: "dns-over-tls")
            for port in [https, tls] {
                let silent = try NetworkSocket(.tcp, port: port)
                let half = try NetworkSocket(.tcp, port: port)
                // The first bytes of a ClientHello.
                try half.send([22, 3, 1, 2, 0, 1, 0, 1])
                #expect(try silent.receive().isEmpty)
                #expect(try half.receive().isEmpty)
            }
            let dns = try NetworkSocket(.tcp, port: tls)
            try dns.send([0, 12] + [UInt8](repeating: 0, count: 12))
            #expect((try? dns.receive())?.isEmpty ?? true)
            try await eventually("all is counted") {
                let prefix = "rollcall_tls_handshakes_total"
                let timedOut = try metric(
                    server,
                    prefix + #"{listener="dns_tls",result="timed_out"}"#
                )
                let notTLS = try metric(server, prefix + #"{listener="dns_tls",result="not_tls"}"#)
                return timedOut == 2 && notTLS == 1
            }
            let lines = server.process.errors.split(separator: "\n")
            #expect(lines.filter { $0.contains("tls handshakes fail") }.count <= 2)
            // One that has agreed on keys and asks nothing goes too.
            let idle = try await CommandLineClient.run(
                [
                    "sh", "-c",
                    "sleep 8 | openssl s_client -connect 127.0.0.1:\(tls) -brief; echo ended",
                ],
                within: .seconds(15)
            )
            #expect(idle.output.contains("ended"))
            try await eventually("it was counted") {
                try metric(server, "rollcall_dns_encrypted_timeouts_total") == 1
            }
        }

        @Test("more connections of one client than its share are closed")
        func share() async throws {
            let server = try await start(["ROLLCALL_DNS_ENCRYPTED_CONNECTIONS_PER_CLIENT_MAX": "2"])
            let port = try server.port(of: "dns-over-tls")
            let first = try NetworkSocket(.tcp, port: port)
            let second = try NetworkSocket(.tcp, port: port)
            let third = try NetworkSocket(.tcp, port: port)
            #expect((try? third.receive())?.isEmpty ?? true)
            let refused = #"rollcall_tls_connections_refused_total{listener="dns_tls"}"#
            #expect(try metric(server, refused) == 1)
            _ = (first, second)
        }

        @Test("a start without its certificate ends with one line and status 2")
        func startErrors() async throws {
            let scratch = try ScratchFolder()
            func start(_ settings: [String: String]) async throws -> (ChildProcess.End, String) {
                let process = try RollcallProcess.launch(
                    ["--dns-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--ephemeral"],
                    settings: settings,
                    scratch: scratch
                )
                return (try await process.untilEnd(), process.errors)
            }
            var settings = ["ROLLCALL_HTTPS_LISTEN": "127.0.0.1:0"]
            let none = try await start(settings)
            #expect(none.0 == .exit(2) && none.1.contains("tls.certificate and tls.key"))
            settings["ROLLCALL_TLS_CERTIFICATE"] = authority.path("server.pem")
            settings["ROLLCALL_TLS_KEY"] = authority.path("client.key")
            let wrong = try await start(settings)
            #expect(wrong.0 == .exit(2), "\(wrong)")
            #expect(wrong.1.contains("tls.key: \(authority.path("client.key")): does not fit"))
            #expect(wrong.1.split(separator: "\n").count == 1, "\(wrong.1)")
        }
    }
}
