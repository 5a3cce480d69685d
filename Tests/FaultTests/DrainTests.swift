import DNSWire
import Foundation
import Synchronization
import TestSupport
import Testing

extension Faults {
    @Suite("Safe to stop is true when it is said")
    struct DrainTests {
        /// Resolves a name, keeps the answer for its TTL, and connects to all that it names.
        private final class CachingClient: Sendable {
            private let failures: Mutex<[String]> = Mutex([])
            private let connections = Atomic(0)

            var failed: [String] { failures.withLock { $0 } }
            var connected: Int { connections.load(ordering: .relaxed) }

            func run(_ server: RollcallProcess, _ name: String) -> BackgroundThread {
                let dns = server.dns
                return BackgroundThread { thread in
                    var ports: [UInt16] = []
                    var end = ContinuousClock.now
                    while !thread.isStopping {
                        if ContinuousClock.now >= end {
                            guard let reply = try? dns.ask(name, .srv) else { continue }
                            let records = reply.answer.filter { $0.type == .srv }
                            ports = records.map { UInt16($0.rdata[4]) << 8 | UInt16($0.rdata[5]) }
                            let ttlSeconds = records.map(\.ttlSeconds).min() ?? 0
                            end = ContinuousClock.now + .seconds(Int(ttlSeconds))
                        }
                        for port in ports {
                            do {
                                _ = try NetworkSocket(.tcp, port: port, timeoutMilliseconds: 2_000)
                                self.connections.add(1, ordering: .relaxed)
                            } catch {
                                self.failures.withLock { $0.append("\(name): \(error)") }
                            }
                        }
                        Thread.sleep(forTimeInterval: 0.002)
                    }
                }
            }
        }

        @Test("clients that cache never meet an instance that stopped when the drain had answered")
        func caches() async throws {
            let targets = try await ProbeTargets.start(3)
            let scratch = try ScratchFolder()
            let file = try scratch.write(
                "dns: {ttl: {services: 5s, nodes: 1s, per_service: {\"we*\": 2s}}}\n",
                to: "drain.yaml"
            )
            let server = try await RollcallProcess.start(
                ["--ephemeral", "--config", file],
                scratch: scratch
            )
            for number in 0..<3 {
                try server.register(
                    """
                    {"service": "web", "id": "web-\(number)", "host": "127.0.0.1",
                     "port": \(targets.ports[number]), "tags": ["v1"]}
                    """
                )
            }
            let query = #"{"Name": "all", "Service": {"Service": "web"}, "DNS": {"TTL": "3s"}}"#
            #expect(try server.http("POST", "/v1/query", query).status == 200)
            let client = CachingClient()
            let threads = [
                "web.service.consul", "v1.web.service.consul", "_web._tcp.service.consul",
                "all.query.consul",
            ].map { client.run(server, $0) }
            try await eventually("clients connect") { client.connected > 100 }
            for number in 0..<2 {
                let reply = try server.http(
                    "DELETE",
                    "/instances/web-\(number)?drain=true",
                    timeoutMilliseconds: 20_000
                )
                #expect(reply.status == 200, "\(reply)")
                try await targets.set(0...number, .refusing)
            }
            let before = client.connected
            try await eventually("clients go on") { client.connected > before + 100 }
            for thread in threads { try await thread.stop() }
            #expect(client.failed.isEmpty, "\(client.failed.count): \(client.failed.prefix(5))")
        }

        @Test("a server that is killed or stopped while it drains promises nothing, and removes it")
        func restart() async throws {
            for kills in [true, false] {
                let scratch = try ScratchFolder()
                let first = try await RollcallProcess.start(scratch: scratch)
                try first.register(
                    #"{"service": "web", "id": "a", "host": "10.0.1.1", "port": 80}"#
                )
                try first.register(
                    #"{"service": "web", "id": "b", "host": "10.0.1.2", "port": 80}"#
                )
                let connection = try HTTPClientConnection(port: first.httpPort)
                try connection.send("DELETE", "/instances/a?drain=true")
                try await eventually("it left DNS") {
                    try first.dns.addresses("web.service.consul") == ["10.0.1.2"]
                }
                if kills {
                    first.process.kill()
                    try await first.process.untilEnd()
                    #expect(throws: (any Error).self) { try connection.receiveReply() }
                } else {
                    first.process.signal(SIGTERM)
                    let reply = try connection.receiveReply()
                    #expect(reply.status == 503)
                    #expect(reply.body.contains("safe to stop in"), "\(reply)")
                    try await first.process.untilEnd()
                }
                let second = try await RollcallProcess.start(scratch: scratch)
                #expect(try second.dns.addresses("web.service.consul") == ["10.0.1.2"])
                #expect(try second.upIDs() == ["b"])
            }
        }
    }
}
