import DNSWire
import Foundation
import TestSupport
import Testing

/// A recursive server, unbound as the distribution ships it, that knows a few names by itself.
private struct Recursor {
    let port: UInt16
    let process: ChildProcess
    private let scratch: ScratchFolder

    init() async throws {
        port = try FreePort.next()
        scratch = try ScratchFolder()
        let many = (1...120).map { #"local-data: "many.example.org. 60 A 192.0.2.\#($0)""# }
        let file = try scratch.write(
            """
            server:
                interface: 127.0.0.1
                port: \(port)
                chroot: ""
                username: ""
                directory: "\(scratch.path(""))"
                pidfile: ""
                use-syslog: no
                max-udp-size: 1232
                local-zone: "example.org." static
                local-data: "example.org. 60 SOA ns.example.org. mail.example.org. 1 60 60 60 20"
                local-data: "www.example.org. 60 A 192.0.2.1"
                local-data: "www.example.org. 60 AAAA 2001:db8::1"
                local-zone: "10.in-addr.arpa." static
                local-data: "9.9.9.10.in-addr.arpa. 60 PTR host.example.org."
                \(many.joined(separator: "\n    "))
            remote-control:
                control-enable: no

            """,
            to: "unbound.conf"
        )
        process = try ChildProcess(Peers.run + ["unbound", "-d", "-c", file])
        let client = DNSClient(port: port)
        let process = process
        try await eventually("unbound answers") {
            guard process.isRunning else { throw Hopeless(description: process.errors) }
            return (try? client.addresses("www.example.org")) == ["192.0.2.1"]
        }
    }
}

extension ProgramTests {
    @Suite("Recursors")
    struct RecursionTests {
        private func dig(_ server: RollcallProcess, _ question: String...) async throws -> DigReply
        {
            DigReply(
                try await CommandLineClient.run(
                    ["dig", "+tries=1", "+time=5", "+noall", "+comments", "+answer"]
                        + ["@127.0.0.1", "-p", "\(server.dnsPort)"] + question
                )
            )
        }

        @Test("names outside the catalog, reverse names and targets of aliases are resolved")
        func resolved() async throws {
            let recursor = try await Recursor()
            let server = try await RollcallProcess.start(
                ["--ephemeral"],
                settings: ["ROLLCALL_DNS_RECURSORS": "127.0.0.1:\(recursor.port)"]
            )
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            try server.register(#"{"service": "ext", "host": "www.example.org", "port": 80}"#)

            for transport in ["+notcp", "+tcp"] {
                let found = try await dig(server, transport, "www.example.org", "A")
                #expect(found.status == "NOERROR" && found.data("A") == ["192.0.2.1"], "\(found)")
                let long = try await dig(server, transport, "many.example.org", "A")
                #expect(long.data("A").count == 120, "\(long)")
            }
            let missing = try await dig(server, "nope.example.org", "A")
            #expect(missing.status == "NXDOMAIN" && missing.answer.isEmpty, "\(missing)")
            let refused = try await dig(server, "+norecurse", "www.example.org", "A")
            #expect(refused.status == "REFUSED", "\(refused)")

            let own = try await dig(server, "web.service.consul", "A")
            #expect(own.data("A") == ["10.0.1.1"], "\(own)")
            let reverse = try await dig(server, "-x", "10.0.1.1")
            #expect(reverse.data("PTR") == ["web.service.dc1.consul."], "\(reverse)")
            let foreign = try await dig(server, "-x", "10.9.9.9")
            #expect(foreign.data("PTR") == ["host.example.org."], "\(foreign)")

            for (type, address) in [("A", "192.0.2.1"), ("AAAA", "2001:db8::1")] {
                let chain = try await dig(server, "ext.service.consul", type)
                #expect(chain.data("CNAME") == ["www.example.org."], "\(chain)")
                #expect(chain.data(type) == [address], "\(chain)")
            }

            let metrics = try server.http("GET", "/metrics").body
            let hits = metrics.split(separator: "\n").first {
                $0.hasPrefix(#"rollcall_recursion_queries_total{result="cached"}"#)
            }
            #expect(hits?.hasSuffix(" 0") == false, "\(metrics)")
            #expect(metrics.contains("rollcall_recursion_seconds_count"))
        }

        @Test("over TLS and HTTPS too, where late replies find their connection and stream")
        func encrypted() async throws {
            let recursor = try await Recursor()
            let authority = try await TestAuthority()
            let server = try await RollcallProcess.start(
                ["--ephemeral"],
                settings: [
                    "ROLLCALL_DNS_RECURSORS": "127.0.0.1:\(recursor.port)",
                    "ROLLCALL_DNS_TLS_LISTEN": "127.0.0.1:0",
                    "ROLLCALL_DNS_HTTPS_LISTEN": "127.0.0.1:0",
                    "ROLLCALL_TLS_CERTIFICATE": authority.path("server.pem"),
                    "ROLLCALL_TLS_KEY": authority.path("server.key"),
                ]
            )
            for (flag, listener) in [("+tls", "dns-over-tls"), ("+https", "dns-over-https")] {
                let port = try server.port(of: listener)
                // Nobody else has asked for this type: the reply has to wait.
                let type = flag == "+tls" ? "A" : "AAAA"
                let found = DigReply(
                    try await CommandLineClient.run([
                        "dig", "+tries=1", "+time=5", "+noall", "+comments", "+answer", flag,
                        "@127.0.0.1", "-p", "\(port)", "www.example.org", type,
                    ])
                )
                let expected = flag == "+tls" ? "192.0.2.1" : "2001:db8::1"
                #expect(found.data(type) == [expected], "\(found)")
            }
        }

        @Test("a dead recursor gives SERVFAIL with the reason; SIGHUP takes another one")
        func deadAndReplaced() async throws {
            let recursor = try await Recursor()
            let scratch = try ScratchFolder()
            let dead = try FreePort.next()
            let file = try scratch.write(
                "dns: {recursors: [\"127.0.0.1:\(dead)\"], recursor_timeout: 500ms}\n",
                to: "rollcall.yaml"
            )
            let server = try await RollcallProcess.start(
                ["--ephemeral", "--config", file],
                scratch: scratch
            )
            let failed = try await dig(server, "www.example.org", "A")
            #expect(failed.status == "SERVFAIL", "\(failed)")
            #expect(failed.description.contains("EDE: 23"), "\(failed)")
            try scratch.write(
                "dns: {recursors: [\"127.0.0.1:\(recursor.port)\"]}\n",
                to: "rollcall.yaml"
            )
            server.process.signal(SIGHUP)
            try await eventually("the other recursor is asked") {
                try await dig(server, "www.example.org", "A").data("A") == ["192.0.2.1"]
            }
        }

        @Test("without recursors nothing is passed on, and an alias that leads outside stays bare")
        func withoutRecursors() async throws {
            let server = try await RollcallProcess.start(["--ephemeral"])
            try server.register(#"{"service": "ext", "host": "www.example.org", "port": 80}"#)
            let refused = try await dig(server, "www.example.org", "A")
            #expect(refused.status == "REFUSED", "\(refused)")
            let bare = try await dig(server, "ext.service.consul", "A")
            #expect(bare.answer == ["ext.service.consul. CNAME www.example.org."], "\(bare)")
            let reverse = try await dig(server, "-x", "10.9.9.9")
            #expect(reverse.status == "NXDOMAIN", "\(reverse)")
        }
    }
}
