import DNSWire
import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("Leases are outstanding when the server goes")
    struct OutstandingLeaseTests {
        private static let settings = ["ROLLCALL_LEASES_TTL_MIN": "1s"]

        private func register(_ server: RollcallProcess, _ ids: [String]) throws {
            for id in ids {
                try server.register(
                    """
                    {"service": "web", "id": "\(id)", "host": "10.0.1.1", "port": 80, "ttl": "3s"}
                    """
                )
            }
        }

        @Test("stopped or killed, once or twice: each has one more term, and then the dead go")
        func restarts() async throws {
            let scratch = try ScratchFolder()
            let first = try await RollcallProcess.start(settings: Self.settings, scratch: scratch)
            try register(first, ["alive", "dead"])
            first.process.kill()
            try await first.process.untilEnd()
            // Longer than the term: nothing may expire while nobody could renew.
            try await Task.sleep(for: .milliseconds(3_500))
            let second = try await RollcallProcess.start(settings: Self.settings, scratch: scratch)
            #expect(try second.upIDs() == ["alive", "dead"])
            #expect(try second.http("PUT", "/heartbeat/alive").status == 200)
            #expect(try await second.stop() == .exit(0))
            let third = try await RollcallProcess.start(settings: Self.settings, scratch: scratch)
            let start = ContinuousClock.now
            try await eventually("the dead one is removed", within: .seconds(8)) {
                #expect(try third.http("PUT", "/heartbeat/alive").status == 200)
                return try third.upIDs() == ["alive"]
            }
            let lasted = ContinuousClock.now - start
            #expect(lasted > .milliseconds(2_500), "not before its term: \(lasted)")
            #expect(lasted < .seconds(6), "and soon after it: \(lasted)")
        }
    }
}
