import DNSWire
import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("Floods and slow clients")
    struct FloodTests {
        private static func residentKilobytes(_ server: RollcallProcess) -> Int {
            let samples = ResourceSamples()
            samples.take(of: server.process.pid)
            return samples.all.first?.residentKilobytes ?? 0
        }

        @Test("more connections than allowed: DNS goes on, and /health says it while it is so")
        func connections() async throws {
            let seconds = FaultLength.number("FLOOD_SECONDS", short: 3)
            let server = try await RollcallProcess.start(
                ["--ephemeral"],
                settings: [
                    "ROLLCALL_HTTP_CONNECTIONS_MAX": "100",
                    "ROLLCALL_DNS_TCP_CONNECTIONS_MAX": "50",
                ]
            )
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            // One that was there before.
            let known = try HTTPClientConnection(port: server.httpPort)
            #expect(try known.request("GET", "/health").status == 200)
            let questioner = Questioner(server, "web.service.consul", expected: ["10.0.1.1"])
            let floods = [server.httpPort, server.httpPort, server.dnsPort].map { port in
                BackgroundThread { thread in
                    var open: [NetworkSocket] = []
                    while !thread.isStopping {
                        if let socket = try? NetworkSocket(.tcp, port: port) { open.append(socket) }
                        if open.count >= 150 { open.removeFirst(Int.random(in: 1...20)) }
                        usleep(300)
                    }
                }
            }
            func codes() throws -> [String] {
                try known.request("GET", "/health").json["problems"].list
                    .compactMap { $0["code"].text }
            }
            try await eventually("/health says that no more connections are taken") {
                try Set(codes()).isSuperset(of: [
                    "http_connections_full", "dns_connections_refused",
                ])
            }
            let end = ContinuousClock.now + .seconds(seconds)
            while ContinuousClock.now < end {
                #expect(try known.request("GET", "/services/web").status == 200)
                try await Task.sleep(for: .milliseconds(50))
            }
            for flood in floods { try await flood.stop() }
            try await eventually("connections are taken again") {
                let isFull = try codes().contains("http_connections_full")
                return try !isFull && server.http("GET", "/ready").status == 200
            }
            let findings = try await questioner.stop()
            #expect(findings.wrong.isEmpty, "\(findings.wrong)")
            #expect(findings.longestGap < .seconds(2))
            FaultReport.figure(
                "connection floods",
                "\(seconds) s over HTTP and DNS/TCP, \(findings.answers) answers over UDP, "
                    + "\(findings.wrong.count) wrong, longest gap "
                    + FaultReport.text(findings.longestGap)
            )
        }

        /// Sends one byte more; true when the server has closed the connection.
        private static func isEnded(_ socket: NetworkSocket) -> Bool {
            guard (try? socket.send([0x20])) != nil else { return true }
            do {
                // A reply is no end yet.
                return try socket.receive().isEmpty
            } catch let failure as NetworkSocket.Failure {
                return !failure.isTimeout
            } catch {
                return true
            }
        }

        @Test("bodies that trickle are ended in time, and nobody else waits for them")
        func trickles() async throws {
            let server = try await RollcallProcess.start(
                ["--ephemeral"],
                settings: ["ROLLCALL_HTTP_REQUEST_TIMEOUT": "2s"]
            )
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            let questioner = Questioner(server, "web.service.consul", expected: ["10.0.1.1"])
            let head = "POST /register HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n"
            var sockets: [NetworkSocket] = []
            for number in 0..<60 {
                let socket = try NetworkSocket(
                    .tcp,
                    port: server.httpPort,
                    timeoutMilliseconds: 1
                )
                // Half of them trickle the head too.
                try socket.send(Array((number.isMultiple(of: 2) ? head : "POST ").utf8))
                sockets.append(socket)
            }
            let start = ContinuousClock.now
            var longest = Duration.zero
            try await eventually(
                "the server ends all",
                within: .seconds(20),
                every: .milliseconds(50)
            ) {
                sockets.removeAll { Self.isEnded($0) }
                let sent = ContinuousClock.now
                let reply = try server.http("GET", "/services")
                longest = max(longest, ContinuousClock.now - sent)
                return reply.status == 200 && sockets.isEmpty
            }
            let ended = ContinuousClock.now - start
            #expect(longest < .seconds(1))
            let findings = try await questioner.stop()
            #expect(findings.wrong.isEmpty, "\(findings.wrong)")
            #expect(findings.longestGap < .seconds(1))
            FaultReport.figure(
                "slow clients",
                "60 trickled requests with a limit of 2 s ended after \(FaultReport.text(ended)), "
                    + "\(findings.answers) answers, longest gap "
                    + FaultReport.text(findings.longestGap)
            )
        }

        @Test("queries over TCP that trickle are ended in time, and others are answered meanwhile")
        func trickledQueries() async throws {
            let server = try await RollcallProcess.start(
                ["--ephemeral"],
                settings: [
                    "ROLLCALL_DNS_TCP_IDLE_TIMEOUT": "2s",
                    "ROLLCALL_DNS_TCP_CONNECTIONS_PER_CLIENT_MAX": "100",
                ]
            )
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            let questioner = Questioner(server, "web.service.consul", expected: ["10.0.1.1"])
            var sockets: [NetworkSocket] = []
            for _ in 0..<60 {
                let socket = try NetworkSocket(.tcp, port: server.dnsPort, timeoutMilliseconds: 1)
                // The length of a message of 64 KB.
                try socket.send([0xFF, 0xFF])
                sockets.append(socket)
            }
            let start = ContinuousClock.now
            try await eventually(
                "the server ends all",
                within: .seconds(20),
                every: .milliseconds(50)
            ) {
                sockets.removeAll { Self.isEnded($0) }
                let reply = try server.dns.ask("web.service.consul", .a, over: .tcp)
                return reply.answer.count == 1 && sockets.isEmpty
            }
            let ended = ContinuousClock.now - start
            let findings = try await questioner.stop()
            #expect(findings.wrong.isEmpty, "\(findings.wrong)")
            #expect(findings.longestGap < .seconds(1))
            FaultReport.figure(
                "slow clients",
                "60 queries over TCP that trickle, with a limit of 2 s, ended after "
                    + "\(FaultReport.text(ended)), \(findings.answers) answers, longest gap "
                    + FaultReport.text(findings.longestGap)
            )
        }

        @Test("replies that nobody reads: lists, event streams, DNS over TCP")
        func unread() async throws {
            let server = try await RollcallProcess.start(["--ephemeral"])
            let lines = (0..<1_000).map { number in
                #"{"service": "big", "id": "b\#(number)", "host": "10.1.\#(number / 250).\#(number % 250)", "port": 80}"#
            }
            #expect(
                try server.http("POST", "/import", lines.joined(separator: "\n") + "\n").status
                    == 200
            )
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            let questioner = Questioner(server, "web.service.consul", expected: ["10.0.1.1"])
            let before = Self.residentKilobytes(server)
            var sockets: [NetworkSocket] = []
            let query = Message.query(
                id: 1,
                name: try DomainName("big.service.consul"),
                type: .a
            ).encoded()
            for _ in 0..<8 {
                for path in ["/v1/health/service/big", "/services/big/watch"] {
                    let socket = try NetworkSocket(
                        .tcp,
                        port: server.httpPort,
                        timeoutMilliseconds: 50,
                        receiveBufferBytes: 1_024
                    )
                    let request = "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n"
                    try socket.send(Array(String(repeating: request, count: 5).utf8))
                    sockets.append(socket)
                }
                let socket = try NetworkSocket(
                    .tcp,
                    port: server.dnsPort,
                    timeoutMilliseconds: 50,
                    receiveBufferBytes: 1_024
                )
                // Until the server reads no more of them.
                for _ in 0..<200 {
                    guard (try? socket.send(DNSClient.framed(query))) != nil else { break }
                }
                sockets.append(socket)
            }
            // What watches must be sent goes on piling up.
            for number in 0..<50 {
                try server.register(
                    #"{"service": "big", "id": "b\#(number)", "host": "10.2.0.\#(number)", "port": 80}"#
                )
            }
            let growth = Self.residentKilobytes(server) - before
            #expect(growth < 200_000, "\(growth) KB more")
            #expect(try server.http("GET", "/health").status == 200)
            let findings = try await questioner.stop()
            #expect(findings.wrong.isEmpty, "\(findings.wrong)")
            #expect(findings.longestGap < .seconds(2))
            FaultReport.figure(
                "unread replies",
                "24 connections, memory \(growth / 1_024) MB more, \(findings.answers) answers, "
                    + "longest gap \(FaultReport.text(findings.longestGap))"
            )
            withExtendedLifetime(sockets) {}
        }
    }
}
