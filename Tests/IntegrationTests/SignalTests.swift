import DNSWire
import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("Signals")
    struct SignalTests {
        @Test("SIGTERM and SIGINT end it with status 0", arguments: [SIGTERM, SIGINT])
        func end(_ signal: Int32) async throws {
            let server = try await RollcallProcess.start()
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            server.process.signal(signal)
            #expect(try await server.process.untilEnd() == .exit(0), "\(server.process.errors)")
            #expect(server.process.output.split(separator: "\n").count == 1)
        }

        @Test("SIGTERM ends requests that wait, and idle connections")
        func waiting() async throws {
            let server = try await RollcallProcess.start()
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            let reply = try server.http("GET", "/v1/health/service/web")
            let index = try #require(reply.headers["x-consul-index"])
            let watching = try ChildProcess(["curl", "-sN", "\(server.url)/services/web/watch"])
            let idle = try HTTPClientConnection(port: server.httpPort)
            _ = try idle.request("GET", "/health")
            let stream = try NetworkSocket(.tcp, port: server.dnsPort)
            try await eventually("the stream is open") { watching.output.contains("event: state") }
            // A connection that has been served is open for sure; a new one may still be in a
            // queue.
            let waiting = try HTTPClientConnection(port: server.httpPort)
            _ = try waiting.request("GET", "/health")
            let request =
                "GET /v1/health/service/web?index=\(index)&wait=5m HTTP/1.1\r\nHost: a\r\n\r\n"
            try waiting.socket.send(Array(request.utf8))
            for _ in 0..<20 { _ = try server.http("GET", "/health") }
            let start = ContinuousClock.now
            #expect(try await server.stop() == .exit(0), "\(server.process.errors)")
            #expect(ContinuousClock.now - start < .seconds(5))
            let answer = try waiting.receiveReply()
            #expect(answer.status == 200)
            #expect(answer.body.contains("10.0.1.1"))
            try await watching.untilEnd()
            #expect(try stream.receive().isEmpty)
        }

        @Test("SIGHUP reads zones again: changed, new and removed ones")
        func zones() async throws {
            let scratch = try ScratchFolder()
            let text = ZoneText.good(apex: "one.example.", address: "192.0.2.10")
            try scratch.write(text, to: "zones/one.example.zone")
            try scratch.write(
                ZoneText.good(apex: "two.example.", address: "192.0.2.20"),
                to: "zones/two.example.zone"
            )
            let server = try await RollcallProcess.start(scratch: scratch)
            #expect(try server.dns.addresses("www.one.example") == ["192.0.2.10"])
            #expect(try server.dns.addresses("www.two.example") == ["192.0.2.20"])
            try scratch.write(
                ZoneText.good(apex: "one.example.", address: "192.0.2.11", serial: 2),
                to: "zones/one.example.zone"
            )
            try scratch.write(
                ZoneText.good(apex: "three.example.", address: "192.0.2.30"),
                to: "zones/three.example.zone"
            )
            try FileManager.default.removeItem(atPath: scratch.path("zones/two.example.zone"))
            server.process.signal(SIGHUP)
            try await eventually("the new zones are served") {
                try server.dns.addresses("www.one.example") == ["192.0.2.11"]
            }
            try await eventually("a new file is served, a removed one is not") {
                try server.dns.addresses("www.three.example") == ["192.0.2.30"]
                    && server.dns.ask("www.two.example", .a).responseCode == .refused
            }
            #expect(server.process.isRunning)
        }

        @Test("SIGHUP with a broken zone: the old one stays, the log says where the error is")
        func brokenZone() async throws {
            let scratch = try ScratchFolder()
            try scratch.write(
                ZoneText.good(apex: "bad.example.", address: "192.0.2.10"),
                to: "zones/bad.example.zone"
            )
            let server = try await RollcallProcess.start(scratch: scratch)
            try scratch.write(ZoneText.withErrorInLine7, to: "zones/bad.example.zone")
            server.process.signal(SIGHUP)
            try await eventually("the log has the line") {
                server.process.errors.contains("bad.example.zone:7")
            }
            #expect(try server.dns.addresses("www.bad.example") == ["192.0.2.10"])
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            #expect(try server.dns.addresses("web.service.consul") == ["10.0.1.1"])
        }

        @Test("SIGHUP reads the configuration again; a broken one changes nothing")
        func configuration() async throws {
            let scratch = try ScratchFolder()
            let file = try scratch.write("dns:\n  ttl:\n    services: 7s\n", to: "r.yaml")
            let server = try await RollcallProcess.start(["--config", file], scratch: scratch)
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            func ttl() throws -> UInt32? {
                try server.dns.ask("web.service.consul", .a).answer.first?.ttlSeconds
            }
            #expect(try ttl() == 7)
            try scratch.write("dns:\n  ttl:\n    services: 9s\n", to: "r.yaml")
            server.process.signal(SIGHUP)
            try await eventually("the new TTL holds") { try ttl() == 9 }
            try scratch.write("dns:\n  ttl:\n    service: 11s\n", to: "r.yaml")
            server.process.signal(SIGHUP)
            try await eventually("the log has the line") {
                server.process.errors.contains("r.yaml:3")
            }
            #expect(try ttl() == 9)
        }
    }
}
