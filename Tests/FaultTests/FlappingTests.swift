import DNSWire
import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("Flapping instances")
    struct FlappingTests {
        @Test("one that comes and goes is held down while others are up, and never the last one")
        func flapping() async throws {
            let targets = try await ProbeTargets.start(2)
            let server = try await RollcallProcess.start(
                ["--ephemeral"],
                settings: ["ROLLCALL_HEALTH_FLAP_HALF_LIFE": "60s"]
            )
            for number in 0..<2 {
                try server.register(targets.registration(number, failures: 1))
            }
            try await eventually("both are up") { try server.answeredCount() == 2 }
            for round in 1...3 {
                try await targets.set([0], .failing)
                try await eventually("it left, round \(round)") {
                    try server.answeredCount() == 1
                }
                try await targets.set([], .well)
                guard round < 3 else { break }
                try await eventually("it is back, round \(round)") {
                    try server.answeredCount() == 2
                }
            }
            try await eventually("its output says so") {
                try server.http("GET", "/services/web").body.contains("flapping, held down")
            }
            #expect(try server.answeredCount() == 1)
            #expect(try server.metric("rollcall_checks_flapping") == 1)
            #expect(server.process.errors.contains("check flaps"))
            // The other one dies: the one that flaps is better than none.
            try await targets.set([1], .refusing)
            try await eventually("the flapping one is answered alone") {
                try server.upIDs() == ["web-0"]
            }
            #expect(try server.answeredCount() == 1)
        }
    }
}
