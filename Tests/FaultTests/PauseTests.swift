import DNSWire
import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("A process that is stopped for a while")
    struct PauseTests {
        @Test("nothing leaves, leases are extended, DNS answers at once, and /health says it")
        func pause() async throws {
            let seconds = FaultLength.number("PAUSE_SECONDS", short: 4)
            let server = try await RollcallProcess.start(
                settings: ["ROLLCALL_LEASES_TTL_MIN": "1s"]
            )
            let count = 20
            for number in 0..<count {
                try server.register(
                    """
                    {"service": "web", "id": "w\(number)", "host": "10.0.1.\(number)", "port": 80,
                     "ttl": "2s"}
                    """
                )
            }
            let expected = (0..<count).map { "10.0.1.\($0)" }.sorted()
            #expect(try server.dns.addresses("web.service.consul") == expected)
            server.process.signal(SIGSTOP)
            try await Task.sleep(for: .seconds(seconds))
            let resumed = ContinuousClock.now
            server.process.signal(SIGCONT)
            #expect(try server.dns.addresses("web.service.consul") == expected)
            let answered = ContinuousClock.now - resumed
            #expect(answered < .seconds(1))
            for number in 0..<count {
                #expect(try server.http("PUT", "/heartbeat/w\(number)").status == 200)
            }
            try await eventually("/health says it", within: .seconds(5)) {
                try server.problemCodes() == ["process_paused"]
            }
            #expect(try server.http("GET", "/health").status == 200)
            #expect(try server.http("GET", "/ready").status == 200)
            // Without heartbeats they leave now, as ever.
            try await eventually("the leases run out", within: .seconds(6)) {
                try server.dns.ask("web.service.consul", .a).responseCode == .nameError
            }
            FaultReport.figure(
                "pause",
                "stopped for \(seconds) s with \(count) leases of 2 s, none lost; the first answer "
                    + "\(FaultReport.text(answered)) after it went on"
            )
        }
    }
}
