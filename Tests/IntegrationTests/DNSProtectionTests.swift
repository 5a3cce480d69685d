import DNSWire
import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("Cookies, rates and allowed clients, with real clients")
    struct DNSProtectionTests {
        private func start(
            _ settings: [String: String] = [:],
            scratch: ScratchFolder? = nil,
            flags: [String] = []
        ) async throws -> RollcallProcess {
            let server = try await RollcallProcess.start(
                ["--ephemeral"] + flags,
                settings: settings,
                scratch: scratch
            )
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            return server
        }

        private func dig(_ server: RollcallProcess, _ options: String...) async throws -> String {
            try await CommandLineClient.run(
                ["dig", "+tries=1", "+time=5", "@127.0.0.1", "-p", "\(server.dnsPort)"] + options
                    + ["web.service.consul"]
            ).output
        }

        private func kdig(_ server: RollcallProcess, _ options: String...) async throws -> String {
            try await CommandLineClient.run(
                ["kdig", "+retry=0", "+time=5", "@127.0.0.1", "-p", "\(server.dnsPort)"] + options
                    + ["web.service.consul"]
            ).output
        }

        /// The cookie that dig found good, both halves as digits.
        private func goodCookie(in output: String) -> String? {
            output.split(separator: "\n").first { $0.contains("COOKIE: ") && $0.contains("(good)") }
                .flatMap { $0.split(separator: " ").first { $0.count == 48 } }
                .map(String.init)
        }

        @Test("dig and kdig learn a cookie and show it again, over UDP and TCP")
        func cookies() async throws {
            let server = try await start()
            let first = try await dig(server)
            let cookie = try #require(goodCookie(in: first), "\(first)")
            let client = cookie.prefix(16)
            // dig sends what it is given, and says whether its half came back.
            for transport in ["+notcp", "+tcp"] {
                let again = try await dig(server, transport, "+cookie=\(cookie)")
                #expect(goodCookie(in: again) == cookie, "\(again)")
                #expect(again.contains("10.0.1.1"))
            }
            let other = try await dig(server, "+cookie=\(client)")
            #expect(goodCookie(in: other)?.hasPrefix(client) == true, "\(other)")
            let knot = try await kdig(server, "+cookie")
            #expect(knot.contains("COOKIE: ") && knot.contains("10.0.1.1"), "\(knot)")
            let none = try await dig(server, "+nocookie")
            #expect(!none.contains("COOKIE") && none.contains("10.0.1.1"), "\(none)")
            let metrics = try server.http("GET", "/metrics").body
            #expect(metrics.contains(#"rollcall_dns_cookies_total{result="valid"} "#))
        }

        @Test("off: no cookie comes back")
        func off() async throws {
            let server = try await start(["ROLLCALL_DNS_COOKIES": "off"])
            let reply = try await dig(server, "+cookie")
            #expect(goodCookie(in: reply) == nil && reply.contains("10.0.1.1"), "\(reply)")
        }

        @Test("required: dig and kdig come back with the cookie of BADCOOKIE, or over TCP")
        func required() async throws {
            let server = try await start(["ROLLCALL_DNS_COOKIES": "required"])
            let refused = try await dig(server, "+cookie", "+nobadcookie")
            #expect(refused.contains("status: BADCOOKIE"), "\(refused)")
            let retried = try await dig(server, "+cookie", "+badcookie")
            #expect(retried.contains("10.0.1.1"), "\(retried)")
            let knot = try await kdig(server, "+cookie", "+badcookie")
            #expect(knot.contains("10.0.1.1"), "\(knot)")
            let stranger = try await dig(server, "+nocookie")
            #expect(stranger.contains("10.0.1.1") && stranger.contains("TCP"), "\(stranger)")
            let ignoring = try await dig(server, "+nocookie", "+ignore")
            #expect(ignoring.contains(" tc") && !ignoring.contains("10.0.1.1"), "\(ignoring)")
        }

        @Test("two servers with one secret take each other's cookies, and SIGHUP changes secrets")
        func sharedSecret() async throws {
            let old = "e5e973e5a6b2a43f48e7dc849e37bfcf"
            let new = "445536bcd2513298075a5d379663c962"
            let scratch = try ScratchFolder()
            let file = scratch.path("rollcall.yaml")
            func write(_ secrets: String...) throws {
                try scratch.write(
                    "dns:\n  cookies: required\n  cookie_secrets: [\(secrets.joined(separator: ", "))]\n",
                    to: "rollcall.yaml"
                )
            }
            try write(old)
            let first = try await start(scratch: scratch, flags: ["--config", file])
            let second = try await start([
                "ROLLCALL_DNS_COOKIES": "required", "ROLLCALL_DNS_COOKIE_SECRETS": new + "," + old,
            ])
            let cookie = try #require(goodCookie(in: try await dig(first)))
            let there = try await dig(second, "+nobadcookie", "+cookie=\(cookie)")
            #expect(there.contains("10.0.1.1"), "\(there)")
            let renewed = try #require(goodCookie(in: there))
            #expect(renewed != cookie)
            let back = try await dig(first, "+nobadcookie", "+cookie=\(renewed)")
            #expect(back.contains("status: BADCOOKIE"), "\(back)")
            try write(old, new)
            first.process.signal(SIGHUP)
            try await eventually("the new secret is taken") {
                try await dig(first, "+nobadcookie", "+cookie=\(renewed)").contains("10.0.1.1")
            }
            let log = first.process.errors + first.process.output
            #expect(!log.contains(old) && !log.contains(new), "\(log)")
        }

        @Test("check-config shows no secret")
        func checkConfig() async throws {
            let secret = "e5e973e5a6b2a43f48e7dc849e37bfcf"
            let result = try await CommandLineClient.run(
                [RollcallProcess.binary, "check-config"],
                environment: RollcallProcess.environment.merging(
                    ["ROLLCALL_DNS_COOKIE_SECRETS": secret]
                ) { $1 }
            )
            #expect(result.succeeded, "\(result)")
            #expect(!"\(result)".contains(secret))
        }

        @Test(
            "over the rate a client gets empty answers that send it to TCP, others what they asked"
        )
        func rates() async throws {
            let server = try await start([
                "ROLLCALL_DNS_RATE_LIMIT_RESPONSES_PER_SECOND": "1", "ROLLCALL_WORKERS": "1",
                "ROLLCALL_DNS_RATE_LIMIT_SLIP": "1",
                "ROLLCALL_DNS_RATE_LIMIT_EXEMPT_NETWORKS": "::1/128",
            ])
            let name = try DomainName("web.service.consul")
            let replies = try (0..<20).map { _ in try server.dns.ask(name, .a) }
            let cut = replies.filter(\.header.isTruncated)
            #expect(cut.count >= 10 && cut.allSatisfy { $0.answer.isEmpty }, "\(cut.count)")
            let overTCP = try await dig(server, "+nocookie")
            #expect(overTCP.contains("10.0.1.1"), "\(overTCP)")
            let metrics = try server.http("GET", "/metrics").body
            #expect(metrics.contains(#"rollcall_dns_rate_limited_total{action="truncated"} "#))
            #expect(!metrics.contains(#"rollcall_dns_rate_limited_total{action="truncated"} 0"#))
        }

        @Test("clients of other networks get REFUSED with the reason, until SIGHUP lets them in")
        func allowedClients() async throws {
            let scratch = try ScratchFolder()
            try scratch.write("dns:\n  allowed_clients: [10.0.0.0/8]\n", to: "rollcall.yaml")
            let server = try await start(
                scratch: scratch,
                flags: ["--config", scratch.path("rollcall.yaml")]
            )
            for transport in ["+notcp", "+tcp"] {
                let reply = try await dig(server, transport)
                #expect(reply.contains("status: REFUSED"), "\(reply)")
                #expect(reply.contains("EDE: 18 (Prohibited)"), "\(reply)")
            }
            try scratch.write("dns:\n  allowed_clients: [127.0.0.1]\n", to: "rollcall.yaml")
            server.process.signal(SIGHUP)
            try await eventually("loopback is let in") {
                try await dig(server).contains("10.0.1.1")
            }
        }
    }
}
