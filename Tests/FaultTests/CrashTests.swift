import DNSWire
import Foundation
import Synchronization
import TestSupport
import Testing

extension Faults {
    @Suite("kill -9")
    struct CrashTests {
        /// The ids whose registration was acknowledged.
        private final class Acknowledged: Sendable {
            private let ids = Mutex<Set<String>>([])
            func add(_ id: String) { _ = ids.withLock { $0.insert(id) } }
            var all: Set<String> { ids.withLock { $0 } }
        }

        /// Registers as fast as it goes until the server is gone.
        private func storm(
            _ server: RollcallProcess,
            round: Int,
            connections: Int,
            _ acknowledged: Acknowledged
        ) -> [BackgroundThread] {
            let port = server.httpPort
            return (0..<connections).map { number in
                BackgroundThread { _ in
                    guard let connection = try? HTTPClientConnection(port: port) else { return }
                    for count in 0... {
                        let id = "r\(round)-\(number)-\(count)"
                        let body = """
                            {"service": "storm", "id": "\(id)", "host": "10.\(round).\(number).\(count % 250 + 1)",
                             "port": \(count % 60_000 + 1)}
                            """
                        guard let reply = try? connection.request("POST", "/register", body),
                            reply.status == 200
                        else { return }
                        acknowledged.add(id)
                    }
                }
            }
        }

        @Test("in a storm of registrations: each acknowledged one is there after the restart")
        func storm() async throws {
            let scratch = try ScratchFolder()
            let acknowledged = Acknowledged()
            for round in 1...FaultLength.number("STORM_ROUNDS", short: 3) {
                let server = try await RollcallProcess.start(scratch: scratch)
                #expect(try ids(server).isSuperset(of: acknowledged.all))
                let before = acknowledged.all.count
                let threads = storm(server, round: round, connections: 6, acknowledged)
                try await eventually("the storm is on") { acknowledged.all.count > before + 50 }
                try await Task.sleep(for: .milliseconds(.random(in: 0...400)))
                server.process.kill()
                try await server.process.untilEnd()
                for thread in threads { try await thread.untilEnd() }
            }
            let server = try await RollcallProcess.start(scratch: scratch)
            let lost = acknowledged.all.subtracting(try ids(server))
            #expect(lost.isEmpty, "\(lost.count) of \(acknowledged.all.count): \(lost.prefix(5))")
            let answer = try server.dns.ask("storm.service.consul", .a, over: .tcp)
            #expect(!answer.answer.isEmpty)
        }

        @Test("at the end of a stop, when the journal has no log any more: nothing is damaged")
        func atTheEndOfAStop() async throws {
            let scratch = try ScratchFolder()
            let library = try await FaultLibrary()
            var environment = library.environment
            environment["FAULTS_KILL_AT_REMOVAL"] = "/rollcall-journal.sqlite-wal"
            let server = try await RollcallProcess.start(settings: environment, scratch: scratch)
            try server.register(#"{"service": "storm", "id": "a", "host": "10.0.1.1", "port": 80}"#)
            #expect(try await server.stop() == .signal(SIGKILL))
            #expect(
                !FileManager.default.fileExists(
                    atPath: scratch.path("data/rollcall-journal.sqlite-wal")
                )
            )
            let next = try await RollcallProcess.start(scratch: scratch)
            #expect(try ids(next) == ["a"])
            #expect(try next.http("GET", "/health").body == "{\"status\":\"ok\"}\n")
            let files = try FileManager.default.contentsOfDirectory(atPath: scratch.path("data"))
            #expect(!files.contains { $0.hasPrefix("damaged-") })
        }

        private func ids(_ server: RollcallProcess) throws -> Set<String> {
            let reply = try server.http("GET", "/services/storm?index=0")
            return Set(reply.json.list.compactMap { $0["id"].text })
        }

        @Test("what was deregistered stays away, and what was changed stays changed")
        func otherChanges() async throws {
            let scratch = try ScratchFolder()
            let first = try await RollcallProcess.start(scratch: scratch)
            try first.register(#"{"service": "web", "id": "a", "host": "10.0.1.1", "port": 80}"#)
            try first.register(#"{"service": "web", "id": "b", "host": "10.0.1.2", "port": 80}"#)
            try first.register(#"{"service": "web", "id": "b", "host": "10.0.1.3", "port": 80}"#)
            #expect(try first.http("DELETE", "/instances/a").status < 300)
            let body = #"{"Name": "ttl", "Address": "10.0.1.9", "Port": 1, "Check": {"TTL": "1h"}}"#
            #expect(try first.http("PUT", "/v1/agent/service/register", body).status == 200)
            #expect(try first.http("PUT", "/v1/agent/check/pass/service:ttl").status == 200)
            first.process.kill()
            try await first.process.untilEnd()
            let second = try await RollcallProcess.start(scratch: scratch)
            #expect(try second.dns.addresses("web.service.consul") == ["10.0.1.3"])
            #expect(try second.dns.addresses("ttl.service.consul") == ["10.0.1.9"])
        }

        /// Overwrites every file of the stored catalog, or of its snapshots.
        private func ruin(_ folder: String) throws {
            for name in try FileManager.default.contentsOfDirectory(atPath: folder)
            where name.contains("sqlite") || name.hasSuffix(".snapshot") {
                let url = URL(filePath: folder + "/" + name)
                let count = try Data(contentsOf: url).count
                try Data(repeating: 0x58, count: count).write(to: url)
            }
        }

        @Test("of a damaged catalog the last good snapshot is served, and the server says so")
        func damaged() async throws {
            let scratch = try ScratchFolder()
            let first = try await RollcallProcess.start(scratch: scratch)
            try first.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            #expect(try await first.stop() == .exit(0))
            let folder = scratch.path("data")
            try ruin(folder)
            let second = try await RollcallProcess.start(scratch: scratch)
            #expect(try second.dns.addresses("web.service.consul") == ["10.0.1.1"])
            let health = try second.http("GET", "/health")
            #expect(health.json["status"].text == "degraded")
            #expect(health.json["problems"][0]["code"].text == "catalog_restored")
            #expect(health.body.contains("restored from the snapshot of"), "\(health)")
            #expect(try second.http("GET", "/ready").status == 200)
            #expect(second.process.errors.contains("the stored catalog was damaged"))
            let aside = try FileManager.default.contentsOfDirectory(atPath: folder)
                .filter { $0.hasPrefix("damaged-") }
            #expect(aside.count == 1)
            // Moving the folder away is how somebody says that it was read.
            for name in aside {
                try FileManager.default.moveItem(
                    atPath: folder + "/" + name,
                    toPath: scratch.path(name)
                )
            }
            #expect(try second.http("GET", "/health").json["status"].text == "ok")
            try second.register(#"{"service": "web", "id": "b", "host": "10.0.1.2", "port": 80}"#)
            #expect(try await second.stop() == .exit(0))
        }

        @Test("without a good snapshot a damaged catalog does not start silently empty")
        func hopeless() async throws {
            let scratch = try ScratchFolder()
            let first = try await RollcallProcess.start(scratch: scratch)
            try first.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            #expect(try await first.stop() == .exit(0))
            try ruin(scratch.path("data"))
            try ruin(scratch.path("data/snapshots"))
            let second = try RollcallProcess.launch(
                ["--dns-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"],
                scratch: scratch
            )
            #expect(try await second.untilEnd() == .exit(2))
            #expect(second.output.isEmpty)
            #expect(second.errors.contains("no good snapshot"), "\(second.errors)")
        }
    }
}
