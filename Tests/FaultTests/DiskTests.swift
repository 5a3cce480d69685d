import DNSWire
import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("A slow or failing disk")
    struct DiskTests {
        private static let lease = """
            {"service": "web", "id": "leased", "host": "10.0.1.2", "port": 80, "ttl": "2s"}
            """

        private func start(
            _ library: FaultLibrary,
            scratch: ScratchFolder? = nil
        ) async throws -> RollcallProcess {
            try await RollcallProcess.start(
                settings: ["ROLLCALL_LEASES_TTL_MIN": "1s"].merging(library.environment) { $1 },
                scratch: scratch
            )
        }

        @Test("a slow disk removes nobody and lets no DNS answer wait")
        func slow() async throws {
            let library = try await FaultLibrary()
            let server = try await start(library)
            try server.register(#"{"service": "web", "id": "a", "host": "10.0.1.1", "port": 80}"#)
            try server.register(Self.lease)
            try library.set("sync-delay 700")
            let questioner = Questioner(
                server,
                "web.service.consul",
                expected: ["10.0.1.1", "10.0.1.2"]
            )
            let writer = BackgroundThread { thread in
                var count = 0
                while !thread.isStopping {
                    count += 1
                    _ = try? server.register(
                        #"{"service": "slow", "id": "s", "host": "10.0.2.1", "port": \#(count)}"#
                    )
                }
            }
            let end = ContinuousClock.now + .seconds(4)
            while ContinuousClock.now < end {
                // A renewal writes nothing.
                let sent = ContinuousClock.now
                #expect(try server.http("PUT", "/heartbeat/leased").status == 200)
                #expect(ContinuousClock.now - sent < .milliseconds(600))
                try await Task.sleep(for: .milliseconds(300))
            }
            let sent = ContinuousClock.now
            try server.register(#"{"service": "late", "host": "10.0.3.1", "port": 80}"#)
            #expect(ContinuousClock.now - sent > .milliseconds(600))
            #expect(try server.dns.addresses("late.service.consul") == ["10.0.3.1"])
            try await writer.stop()
            let findings = try await questioner.stop()
            #expect(findings.wrong.isEmpty, "\(findings.wrong)")
            #expect(findings.answers > 100)
            #expect(findings.longestGap < .seconds(1))
            FaultReport.figure(
                "slow disk",
                "each sync 0.7 s late, \(findings.answers) answers, \(findings.wrong.count) wrong, "
                    + "longest gap \(FaultReport.text(findings.longestGap))"
            )
        }

        @Test(
            "a disk that fails: writes are refused and /health says why, until it works again",
            arguments: ["sync-error", "write-error"]
        )
        func failing(fault: String) async throws {
            let library = try await FaultLibrary()
            let scratch = try ScratchFolder()
            let server = try await start(library, scratch: scratch)
            try server.register(#"{"service": "web", "id": "a", "host": "10.0.1.1", "port": 80}"#)
            try library.set(fault)
            let questioner = Questioner(server, "web.service.consul", expected: ["10.0.1.1"])
            try await eventually("a registration is refused") {
                try server.http(
                    "POST",
                    "/register",
                    #"{"service": "refused", "host": "10.0.1.9", "port": 80}"#
                ).status == 503
            }
            let health = try server.http("GET", "/health")
            #expect(health.status == 503)
            #expect(health.json["status"].text == "failing")
            #expect(try server.problemCodes() == ["catalog_not_stored"])
            let metrics = try server.http("GET", "/metrics").body
            #expect(metrics.contains(#"rollcall_problem{code="catalog_not_stored"} 1"#))
            #expect(try server.http("GET", "/services/web").json.list.count == 1)
            try await eventually("the log says it") {
                server.process.errors.contains("a problem began")
            }
            try library.set("")
            try await eventually("a registration is taken") {
                try server.http(
                    "POST",
                    "/register",
                    #"{"service": "after", "host": "10.0.1.2", "port": 80}"#
                ).status == 200
            }
            #expect(try server.http("GET", "/health").body == "{\"status\":\"ok\"}\n")
            let later = try server.http("GET", "/metrics").body
            #expect(!later.contains("rollcall_problem{"))
            try await eventually("the log says that it is over") {
                server.process.errors.contains("a problem ended")
            }
            #expect(server.process.errors.components(separatedBy: "a problem began").count == 2)
            let findings = try await questioner.stop()
            #expect(findings.wrong.isEmpty, "\(findings.wrong)")
            #expect(findings.longestGap < .seconds(1))
            server.process.kill()
            try await server.process.untilEnd()

            let second = try await start(library, scratch: scratch)
            #expect(try second.dns.addresses("web.service.consul") == ["10.0.1.1"])
            #expect(try second.dns.addresses("after.service.consul") == ["10.0.1.2"])
            FaultReport.figure(
                "failing disk",
                "\(fault), \(findings.answers) answers, \(findings.wrong.count) wrong, "
                    + "longest gap \(FaultReport.text(findings.longestGap)), "
                    + "nothing acknowledged lost"
            )
        }
    }
}
