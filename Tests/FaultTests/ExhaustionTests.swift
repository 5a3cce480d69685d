import DNSWire
import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("More connections than the process may open")
    struct ExhaustionTests {
        private static let filesMax = 400

        private func openFiles(_ server: RollcallProcess) throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(server.process.pid)/fd")
                .count
        }

        @Test("idle clients over HTTP and TCP leave room, and the service goes on")
        func hoarders() async throws {
            let server = try await RollcallProcess.start(
                ["--ephemeral"],
                prefix: ["prlimit", "--nofile=\(Self.filesMax):\(Self.filesMax)"]
            )
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            var idle: [NetworkSocket] = []
            for _ in 0..<600 {
                idle.append(try NetworkSocket(.tcp, port: server.httpPort))
                if idle.count.isMultiple(of: 3) {
                    idle.append(try NetworkSocket(.tcp, port: server.dnsPort))
                }
            }
            for _ in 0..<200 {
                #expect(try server.dns.addresses("web.service.consul") == ["10.0.1.1"])
                #expect(try openFiles(server) < Self.filesMax - 20)
            }
            idle = []
            try await eventually("HTTP is served again") {
                try server.http("GET", "/health").status == 200
            }
            try await eventually("DNS over TCP is served again") {
                try server.dns.ask("web.service.consul", .a, over: .tcp).answer.count == 1
            }
            #expect(server.process.isRunning)
        }
    }
}

/// Beside the other tests: it only waits.
@Suite("Requests that never end")
struct UnendedRequestTests {
    @Test("half a request is ended by the server")
    func halfRequest() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        let texts = [
            "POST /register HTTP/1.1\r\nHost: a\r\nContent-Le",
            "POST /register HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"service\":",
        ]
        for text in texts {
            let socket = try NetworkSocket(.tcp, port: server.httpPort, timeoutMilliseconds: 1)
            try socket.send(Array(text.utf8))
            // A reply, if there is one, and then the end of the stream.
            try await eventually(
                "the server ends it",
                within: .seconds(30),
                every: .milliseconds(50)
            ) {
                try socket.receive().isEmpty
            }
        }
    }
}
