import DNSWire
import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("Zone transfers, with real clients")
    struct ZoneTransferTests {
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
            try server.register(
                #"{"service": "web", "host": "10.0.1.1", "port": 80, "tags": ["blue"]}"#
            )
            return server
        }

        private let allowed = ["ROLLCALL_DNS_TRANSFER_CLIENTS": "127.0.0.0/8"]

        private func run(
            _ program: String,
            _ server: RollcallProcess,
            _ words: String...
        ) async throws -> String {
            let retry = program == "dig" ? "+tries=1" : "+retry=0"
            return try await CommandLineClient.run(
                [program, retry, "+time=5", "@127.0.0.1", "-p", "\(server.dnsPort)"] + words
            ).output
        }

        private func metric(_ server: RollcallProcess, _ result: String) throws -> Int? {
            let name = #"rollcall_dns_transfers_total{result="\#(result)"} "#
            return try server.http("GET", "/metrics").body.split(separator: "\n")
                .first { $0.hasPrefix(name) }
                .flatMap { Int($0.dropFirst(name.count)) }
        }

        @Test("dig and kdig take the catalog's zone over; log and metrics tell")
        func wholeZone() async throws {
            let server = try await start(allowed)
            for program in ["dig", "kdig"] {
                let text = try await run(program, server, "consul", "AXFR")
                let lines = text.split(separator: "\n").filter { !$0.hasPrefix(";") }
                #expect(lines.count { $0.contains("\tSOA\t") } == 2, "\(text)")
                #expect(lines.first?.contains("SOA") == true)
                for name in [
                    "web.service.consul.", "_web._blue.service.dc1.consul.",
                    "0a000101.addr.consul.",
                ] {
                    #expect(lines.contains { $0.hasPrefix(name) }, "\(name) in \(text)")
                }
            }
            let reverse = try await run("dig", server, "+short", "10.in-addr.arpa", "AXFR")
            #expect(reverse.contains("web.service.dc1.consul."), "\(reverse)")
            try await eventually("both are counted and told") {
                let log = server.process.errors + server.process.output
                return try metric(server, "completed") == 3
                    && log.components(separatedBy: "zone transferred").count == 4
            }
            let log = server.process.errors + server.process.output
            #expect(log.contains("zone=consul."), "\(log)")
        }

        @Test("IXFR with dig: the zone, or the SOA alone for who has it")
        func incremental() async throws {
            let server = try await start(allowed)
            let whole = try await run("dig", server, "+noall", "+answer", "consul", "IXFR=1")
            #expect(whole.contains("web.service.consul."), "\(whole)")
            let serial = try #require(
                whole.split(separator: "\n").first?.split(whereSeparator: \.isWhitespace)
                    .dropFirst(6).first
            )
            let none = try await run("dig", server, "+noall", "+answer", "consul", "IXFR=\(serial)")
            #expect(none.split(separator: "\n").count == 1, "\(none)")
            #expect(none.contains("SOA"))
        }

        @Test("nobody has zones unless the settings say so; SIGHUP lets them in and out")
        func allowedClients() async throws {
            let scratch = try ScratchFolder()
            try scratch.write("dns:\n  transfer_clients: [10.0.0.0/8]\n", to: "rollcall.yaml")
            let server = try await start(
                scratch: scratch,
                flags: ["--config", scratch.path("rollcall.yaml")]
            )
            for type in ["AXFR", "IXFR=1"] {
                let reply = try await run("kdig", server, "+edns", "consul", type)
                #expect(!reply.contains("web.service"), "\(reply)")
            }
            let edns = EDNS(udpPayloadBytes: 1232)
            let refused = try server.dns.ask("consul", .axfr, over: .tcp, edns: edns)
            #expect(refused.responseCode == .refused)
            #expect(refused.edns?.extendedErrors.map(\.infoCode) == [18])
            try scratch.write("dns:\n  transfer_clients: [127.0.0.1]\n", to: "rollcall.yaml")
            server.process.signal(SIGHUP)
            try await eventually("loopback is let in") {
                try await run("dig", server, "consul", "AXFR").contains("web.service.consul.")
            }
            let log = server.process.errors + server.process.output
            #expect(log.contains("zone transfers refused: not in dns.transfer_clients"), "\(log)")
            #expect(!log.contains("wait for the next start"), "\(log)")
            try scratch.write("dns:\n  transfer_clients: []\n", to: "rollcall.yaml")
            server.process.signal(SIGHUP)
            try await eventually("and out") {
                try server.dns.ask("consul", .axfr, over: .tcp).responseCode == .refused
            }
        }

        @Test("a zone of many messages to clients that read, while one does not and one goes away")
        func manyMessages() async throws {
            let scratch = try ScratchFolder()
            let count = 40_000
            let head = "$TTL 60\n@ SOA ns hostmaster 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"
            let text = String(repeating: "x", count: 200)
            let body = (0..<count).map { "n\($0) TXT \(text)" }.joined(separator: "\n")
            try scratch.write(head + body + "\n", to: "zones/big.example.zone")
            let server = try await start(
                allowed.merging(["ROLLCALL_DNS_TCP_IDLE_TIMEOUT": "3s"]) { $1 },
                scratch: scratch
            )
            let query = Message.query(id: 5, name: try DomainName("big.example"), type: .axfr)
            // It asks, and reads nothing.
            let idle = try NetworkSocket(.tcp, port: server.dnsPort, receiveBufferBytes: 4096)
            try idle.send(DNSClient.framed(query.encoded()))
            do {
                let brief = try NetworkSocket(.tcp, port: server.dnsPort)
                try brief.send(DNSClient.framed(query.encoded()))
                _ = try DNSClient.receiveFramed(from: brief)
            }
            let lines = try await CommandLineClient.run(
                ["dig", "+noall", "+answer", "+onesoa", "@127.0.0.1", "-p", "\(server.dnsPort)"]
                    + ["big.example", "AXFR"],
                within: .seconds(120)
            ).lines
            #expect(lines.count { $0.contains("\tIN\t") } == count + 3)
            #expect(try server.dns.addresses("web.service.consul") == ["10.0.1.1"])
            try await eventually("both are given up", within: .seconds(60)) {
                try metric(server, "aborted") == 2 && metric(server, "completed") == 1
            }
            #expect(idle.isReadable(within: 1_000))
        }

        @Test("over TLS kdig gets whole zones, over HTTPS nobody does")
        func encrypted() async throws {
            let authority = try await TestAuthority()
            let server = try await start(
                allowed.merging([
                    "ROLLCALL_DNS_TLS_LISTEN": "127.0.0.1:0",
                    "ROLLCALL_DNS_HTTPS_LISTEN": "127.0.0.1:0",
                    "ROLLCALL_TLS_CERTIFICATE": authority.path("server.pem"),
                    "ROLLCALL_TLS_KEY": authority.path("server.key"),
                ]) { $1 }
            )
            let lines = (0..<400).map {
                #"{"service": "s\#($0)", "host": "10.0.2.\#($0 % 250)", "port": 80}"#
            }
            let imported = try server.http("POST", "/import", lines.joined(separator: "\n"))
            #expect(imported.status == 200, "\(imported)")
            let port = try server.port(of: "dns-over-tls")
            let text = try await CommandLineClient.run(
                ["kdig", "+tls", "+retry=0", "+time=20", "@127.0.0.1", "-p", "\(port)"]
                    + ["consul", "AXFR"],
                within: .seconds(60)
            ).output
            #expect(text.split(separator: "\n").count { $0.contains("\tSOA\t") } == 2)
            #expect(text.contains("s399.service.consul."))
            let scratch = try ScratchFolder()
            let query = Message.query(id: 0, name: try DomainName("consul"), type: .axfr)
            try Data(query.encoded()).write(to: URL(filePath: scratch.path("query")))
            let https = try server.port(of: "dns-over-https")
            let posted = try await CommandLineClient.run([
                "curl", "-sS", "-m", "10", "--cacert", authority.path("ca.pem"),
                "-H", "content-type: application/dns-message",
                "--data-binary", "@" + scratch.path("query"), "-o", scratch.path("reply"),
                "https://127.0.0.1:\(https)/dns-query",
            ])
            #expect(posted.succeeded, "\(posted)")
            let reply = try Data(contentsOf: URL(filePath: scratch.path("reply")))
            let message = try Message(decoding: Array(reply))
            #expect(message.responseCode == .notImplemented && message.answer.isEmpty)
        }
    }
}
