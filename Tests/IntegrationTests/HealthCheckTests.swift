import DNSWire
import Foundation
import Synchronization
import TestSupport
import Testing

extension ProgramTests {
    @Suite("Health checks")
    struct HealthCheckTests {
        private static let name = "web.service.consul"

        /// Asks all the time; keeps each kind of answer that came.
        private final class Onlooker: Sendable {
            private let seen = Mutex<Set<[String]>>([])
            private let failures = Mutex<[String]>([])
            private let count = Atomic(0)

            func start(_ dns: DNSClient) -> BackgroundThread {
                BackgroundThread { thread in
                    while !thread.isStopping {
                        do {
                            let answer = try dns.addresses(HealthCheckTests.name)
                            _ = self.seen.withLock { $0.insert(answer) }
                        } catch {
                            self.failures.withLock { $0.append("\(error)") }
                        }
                        self.count.add(1, ordering: .relaxed)
                    }
                }
            }

            var answers: Set<[String]> { seen.withLock { $0 } }
            var errors: [String] { failures.withLock { $0 } }
            var queries: Int { count.load(ordering: .relaxed) }
            func forget() { seen.withLock { $0 = [] } }
        }

        private func servers() async throws -> [WebServer] {
            var servers: [WebServer] = []
            for host in ["127.0.0.1", "127.0.0.2", "127.0.0.3"] {
                servers.append(try await WebServer.start(host: host))
            }
            return servers
        }

        /// Kills one of three, waits until it has left DNS, starts it again, waits until it is
        /// back.
        private func expectDeadServerLeaves(
            _ server: RollcallProcess,
            _ webServers: [WebServer],
            interval: Duration
        ) async throws {
            let all = webServers.map(\.host)
            let alive = Array(all.dropLast())
            try await eventually("all three are up", within: .seconds(15)) {
                try server.dns.addresses(Self.name) == all
            }
            let onlooker = Onlooker()
            let questions = onlooker.start(server.dns)
            try await webServers[2].kill()
            try await eventually("the dead one leaves", within: interval + .seconds(1)) {
                try server.dns.addresses(Self.name) == alive
            }
            // From now on nobody may see it.
            onlooker.forget()
            let count = onlooker.queries
            try await eventually("some hundred more queries") { onlooker.queries > count + 500 }
            // A query that was under way at the change may still have the old answer.
            #expect(onlooker.answers.subtracting([all]) == [alive])
            let again = try await WebServer.start(host: all[2], port: webServers[2].port)
            try await eventually("it comes back", within: interval + .seconds(2)) {
                try server.dns.addresses(Self.name) == all
            }
            try await questions.stop()
            #expect(onlooker.errors == [])
            #expect(onlooker.answers.isSubset(of: [all, alive]), "\(onlooker.answers)")
            #expect(again.port == webServers[2].port)
        }

        @Test("of three HTTP servers one is killed: it leaves DNS in time and comes back")
        func native() async throws {
            let server = try await RollcallProcess.start()
            let webServers = try await servers()
            for web in webServers {
                try server.register(
                    """
                    {"service": "web", "id": "web-\(web.host)", "host": "\(web.host)",
                     "port": \(web.port), "checks": [{"http": "/", "interval": "1s", "timeout": "500ms"}]}
                    """
                )
            }
            try await expectDeadServerLeaves(server, webServers, interval: .seconds(1))
        }

        @Test("the same when they are registered as with Consul")
        func consul() async throws {
            let server = try await RollcallProcess.start()
            let webServers = try await servers()
            for web in webServers {
                let reply = try server.http(
                    "PUT",
                    "/v1/agent/service/register",
                    """
                    {"ID": "web-\(web.host)", "Name": "web", "Address": "\(web.host)", "Port": \(web.port),
                     "Check": {"HTTP": "http://\(web.host):\(web.port)/", "Interval": "1s", "Timeout": "500ms"}}
                    """
                )
                #expect(reply.status == 200, "\(reply)")
            }
            try await expectDeadServerLeaves(server, webServers, interval: .seconds(1))
        }

        @Test("TCP checks see a closed port")
        func tcp() async throws {
            let server = try await RollcallProcess.start()
            let port = try TakenPort(.tcp)
            let closed = try NetworkSocket.freePort()
            for (id, number) in [("open", port.port), ("closed", closed)] {
                let reply = try server.http(
                    "PUT",
                    "/v1/agent/service/register",
                    """
                    {"ID": "\(id)", "Name": "\(id)", "Address": "127.0.0.1", "Port": \(number),
                     "Check": {"TCP": "127.0.0.1:\(number)", "Interval": "1s"}}
                    """
                )
                #expect(reply.status == 200, "\(reply)")
            }
            try await eventually("the open one is up", within: .seconds(5)) {
                try server.dns.addresses("open.service.consul") == ["127.0.0.1"]
            }
            try await eventually("the closed one has a reason", within: .seconds(5)) {
                let checks = try server.http("GET", "/v1/health/checks/closed").json
                return checks[0]["Status"].text == "critical"
                    && checks[0]["Output"].text?.isEmpty == false
            }
            #expect(try server.dns.ask("closed.service.consul", .a).answer.isEmpty)
        }

        @Test("DNS tells why nothing is up")
        func reason() async throws {
            let server = try await RollcallProcess.start()
            let closed = try NetworkSocket.freePort()
            try server.register(
                """
                {"service": "web", "host": "127.0.0.1", "port": \(closed),
                 "checks": [{"tcp": ":\(closed)", "interval": "1s"}]}
                """
            )
            try await eventually("the reason is given", within: .seconds(10)) {
                let reply = try server.dns.ask(Self.name, .a, edns: EDNS(udpPayloadBytes: 1232))
                return reply.answer.isEmpty && reply.responseCode == .noError
                    && reply.edns?.extendedErrors.first?.extraText.contains("1/1") == true
            }
        }

        @Test("addresses that probes must not reach are refused at the door")
        func forbiddenTarget() async throws {
            let server = try await RollcallProcess.start()
            let reply = try server.http(
                "POST",
                "/register",
                """
                {"service": "web", "host": "10.0.0.1", "port": 80,
                 "checks": [{"http": "http://169.254.169.254/latest/meta-data"}]}
                """
            )
            #expect(reply.status == 400)
            #expect(reply.json["field"].text == "checks[0].http", "\(reply)")
            #expect(try server.http("GET", "/services/web").status == 404)
        }
    }
}
