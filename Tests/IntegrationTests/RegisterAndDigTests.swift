import DNSWire
import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("Register by curl, then dig")
    struct RegisterAndDigTests {
        @Test("what curl registers, dig finds at once, on the first try")
        func firstTry() async throws {
            let server = try await RollcallProcess.start()
            let reply = try await server.curl(
                "-X",
                "POST",
                "-d",
                #"{"service":"payment","host":"10.0.1.1","port":8080}"#,
                path: "/register"
            )
            let json = try JSON(reply)
            #expect(json.keys == ["instance_id", "lease_id", "ttl"])
            #expect(json["instance_id"].text?.isEmpty == false)
            #expect(try await server.dig("payment.service.consul", "A") == ["10.0.1.1"])
            #expect(
                try await server.dig("payment.service.consul", "SRV")
                    == ["1 1 8080 0a000101.addr.dc1.consul."]
            )
            #expect(try await server.dig("0a000101.addr.dc1.consul", "A") == ["10.0.1.1"])
            #expect(try await server.dig("+tcp", "payment.service.consul", "A") == ["10.0.1.1"])
        }

        @Test("a new name is there on the first query, a hundred times")
        func alwaysTheFirstQuery() async throws {
            let server = try await RollcallProcess.start()
            let connection = try HTTPClientConnection(port: server.httpPort)
            for number in 1...100 {
                let body = #"{"service":"svc-\#(number)","host":"10.0.2.\#(number)","port":80}"#
                #expect(try connection.request("POST", "/register", body).status == 200)
                #expect(
                    try server.dns.addresses("svc-\(number).service.consul") == ["10.0.2.\(number)"]
                )
            }
        }

        @Test("other types of a name that exists: no error, no answer, the SOA")
        func noData() async throws {
            let server = try await RollcallProcess.start()
            try server.register(#"{"service":"payment","host":"10.0.1.1","port":8080}"#)
            for type in [RecordType.aaaa, .mx, .txt] {
                let reply = try server.dns.ask("payment.service.consul", type)
                #expect(reply.responseCode == .noError, "\(type)")
                #expect(reply.answer.isEmpty, "\(type)")
                #expect(reply.authority.map(\.type) == [.soa], "\(type)")
            }
        }

        @Test("tag, RFC 2782, datacenter, node, address and reverse names")
        func names() async throws {
            let server = try await RollcallProcess.start(["--node-name", "east"])
            try server.register(
                """
                {"service": "web", "host": "10.0.1.1", "port": 8080, "tags": ["v1", "blue"],
                 "metadata": {"path": "/shop", "tls": "no"}}
                """
            )
            try server.register(#"{"service": "web", "id": "b", "host": "10.0.1.2", "port": 81}"#)
            #expect(try server.dns.addresses("web.service.consul") == ["10.0.1.1", "10.0.1.2"])
            #expect(try await server.dig("v1.web.service.consul", "A") == ["10.0.1.1"])
            #expect(try await server.dig("BLUE.WEB.Service.Consul", "A") == ["10.0.1.1"])
            #expect(try await server.dig("v1.web.service.dc1.consul", "A") == ["10.0.1.1"])
            let srv = try await server.dig("_web._v1.service.consul", "SRV")
            #expect(srv == ["1 1 8080 0a000101.addr.dc1.consul."])
            #expect(try await server.dig("_web._tcp.service.consul", "SRV").count == 2)
            #expect(try await server.dig("_web._tcp.consul", "SRV").count == 2)
            #expect(
                try await server.dig("web.service.consul", "TXT") == [#""path=/shop" "tls=no""#]
            )
            #expect(try await server.dig("0a000102.addr.consul", "A") == ["10.0.1.2"])
            #expect(try await server.dig("east.node.consul", "A") == ["127.0.0.1"])
            #expect(
                try await server.dig("-x", "10.0.1.1") == ["web.service.dc1.consul."]
            )
        }

        @Test("IPv6 and both families; a host name becomes an alias")
        func addresses() async throws {
            let server = try await RollcallProcess.start()
            try server.register(#"{"service": "six", "host": "fd00::1", "port": 80}"#)
            #expect(try await server.dig("six.service.consul", "AAAA") == ["fd00::1"])
            #expect(try await server.dig("six.service.consul", "A") == [])
            try server.register(#"{"service": "far", "host": "www.example.net", "port": 80}"#)
            #expect(try await server.dig("far.service.consul", "A") == ["www.example.net."])
            let srv = try await server.dig("far.service.consul", "SRV")
            #expect(srv == ["1 1 80 www.example.net."])
        }

        @Test("what is deregistered is gone at once")
        func deregister() async throws {
            let server = try await RollcallProcess.start()
            let reply = try server.register(#"{"service":"payment","host":"10.0.1.1","port":8080}"#)
            let id = try #require(reply.json["instance_id"].text)
            try await server.curl("-X", "DELETE", path: "/instances/\(id)")
            let answer = try server.dns.ask("payment.service.consul", .a)
            #expect(answer.responseCode == .nameError)
            #expect(try server.http("DELETE", "/instances/\(id)").status == 404)
        }

        @Test("drain leaves DNS at once and answers when no resolver has the instance any more")
        func drain() async throws {
            let server = try await RollcallProcess.start(
                settings: ["ROLLCALL_DNS_TTL_SERVICES": "2s"]
            )
            try server.register(#"{"service":"web","id":"a","host":"10.0.1.1","port":80}"#)
            try server.register(#"{"service":"web","id":"b","host":"10.0.1.2","port":80}"#)
            let start = ContinuousClock.now
            let curl = try ChildProcess([
                "curl", "-sS", "-X", "DELETE", "\(server.url)/instances/a?drain=true",
            ])
            try await eventually("a leaves DNS", within: .milliseconds(1_500)) {
                try server.dns.addresses("web.service.consul") == ["10.0.1.2"]
            }
            #expect(curl.isRunning)
            #expect(try await curl.untilEnd() == .exit(0))
            #expect(ContinuousClock.now - start >= .seconds(2))
        }

        @Test("several domains for one catalog, each with its own names in targets")
        func domains() async throws {
            let server = try await RollcallProcess.start([
                "--domain", "consul", "--domain", "svc.example.com",
            ])
            try server.register(#"{"service":"web","host":"10.0.1.1","port":80}"#)
            #expect(try await server.dig("web.service.svc.example.com", "A") == ["10.0.1.1"])
            #expect(
                try await server.dig("web.service.svc.example.com", "SRV")
                    == ["1 1 80 0a000101.addr.dc1.svc.example.com."]
            )
            #expect(
                try await server.dig("web.service.consul", "SRV")
                    == ["1 1 80 0a000101.addr.dc1.consul."]
            )
        }

        @Test("several addresses, IPv6 among them")
        func listenAddresses() async throws {
            let server = try await RollcallProcess.start(["--dns-listen", "[::1]:0"])
            try server.register(#"{"service":"web","host":"10.0.1.1","port":80}"#)
            #expect(try await server.dig("web.service.consul", "A") == ["10.0.1.1"])
            let start = try #require(server.readyLine.range(of: "[::1]:"))
            let port = server.readyLine[start.upperBound...].prefix { $0.isNumber }
            for flag in ["+notcp", "+tcp"] {
                let result = try await CommandLineClient.run([
                    "dig", "+short", "+tries=1", flag, "@::1", "-p", "\(port)",
                    "web.service.consul",
                ])
                #expect(result.lines == ["10.0.1.1"], "\(result)")
            }
        }

        @Test("a listener on all addresses replies from the one that was asked")
        func wildcardListener() async throws {
            let server = try await RollcallProcess.start(listen: "0.0.0.0:0")
            try server.register(#"{"service":"web","host":"10.0.1.1","port":80}"#)
            // dig takes no reply from another address than the one it asked.
            for address in ["127.0.0.1", "127.0.0.2", "127.9.8.7"] {
                let result = try await CommandLineClient.run([
                    "dig", "+short", "+tries=1", "@\(address)", "-p", "\(server.dnsPort)",
                    "web.service.consul",
                ])
                #expect(result.lines == ["10.0.1.1"], "\(result)")
            }
        }

        @Test("sockets of the service manager are served in place of the configured addresses")
        func inheritedSockets() async throws {
            // Does what systemd does for a socket unit: binds, sets three variables, executes.
            let manager = """
                import os, socket, sys
                while True:
                    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    udp.bind(("127.0.0.1", 0))
                    tcp = socket.socket()
                    try:
                        tcp.bind(udp.getsockname())
                        break
                    except OSError:
                        pass
                tcp.listen(16)
                for source, target in [(os.dup(udp.fileno()), 3), (os.dup(tcp.fileno()), 4)]:
                    os.dup2(source, target, inheritable=True)
                os.environ.update(LISTEN_FDS="2", LISTEN_PID=str(os.getpid()))
                os.execv(sys.argv[1], sys.argv[1:])
                """
            let server = try await RollcallProcess.start(prefix: ["python3", "-c", manager])
            try server.register(#"{"service":"web","host":"10.0.1.1","port":80}"#)
            for flag in ["+notcp", "+tcp"] {
                #expect(try await server.dig(flag, "web.service.consul", "A") == ["10.0.1.1"])
            }
        }

        @Test("dig, drill and kdig take the answer without a complaint")
        func clients() async throws {
            let server = try await RollcallProcess.start()
            try server.register(#"{"service":"web","host":"10.0.1.1","port":80}"#)
            let port = "\(server.dnsPort)"
            let commands = [
                ["dig", "@127.0.0.1", "-p", port, "web.service.consul", "SRV"],
                ["drill", "-p", port, "@127.0.0.1", "web.service.consul", "SRV"],
                ["kdig", "@127.0.0.1", "-p", port, "+edns", "+nsid", "web.service.consul", "SRV"],
                [
                    "kdig", "@127.0.0.1", "-p", port, "+tcp", "+keepopen", "web.service.consul",
                    "SRV",
                ],
            ]
            for command in commands {
                let result = try await CommandLineClient.run(command)
                #expect(result.succeeded, "\(result)")
                #expect(result.output.contains("0a000101.addr.dc1.consul."), "\(result)")
                let complaint = result.lines.first {
                    $0.uppercased().contains("WARNING") && !$0.contains("recursion")
                }
                #expect(complaint == nil, "\(result)")
                #expect(!result.errors.uppercased().contains("WARNING"), "\(result)")
            }
        }

        @Test("answers rotate, so that clients spread")
        func rotation() async throws {
            let server = try await RollcallProcess.start()
            for number in 1...3 {
                try server.register(
                    #"{"service":"web","id":"\#(number)","host":"10.0.1.\#(number)","port":80}"#
                )
            }
            var first: [String: Int] = [:]
            for _ in 0..<300 {
                let answer = try server.dns.ask("web.service.consul", .a).answer
                #expect(answer.count == 3)
                first["\(answer[0].rdata)", default: 0] += 1
            }
            #expect(first.count == 3)
            #expect(first.values.allSatisfy { $0 > 50 }, "\(first)")
        }

        @Test("200 instances: UDP says that it cut, TCP has them all")
        func manyInstances() async throws {
            let server = try await RollcallProcess.start()
            let lines = (1...200).map {
                #"{"service":"web","id":"web-\#($0)","host":"10.0.1.\#($0)","port":80}"#
            }
            let imported = try server.http("POST", "/import", lines.joined(separator: "\n"))
            #expect(imported.status == 200, "\(imported)")
            for type in [RecordType.a, .srv] {
                let datagram = try server.dns.ask("web.service.consul", type)
                #expect(datagram.header.isTruncated)
                let stream = try server.dns.ask("web.service.consul", type, over: .tcp)
                #expect(stream.answer.count == 200)
                #expect(!stream.header.isTruncated)
            }
            #expect(try await server.dig("web.service.consul", "A").count == 200)
        }
    }
}
