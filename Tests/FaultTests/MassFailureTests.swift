import DNSWire
import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("Half of all instances fail at once")
    struct MassFailureTests {
        private func start(_ count: Int) async throws -> (RollcallProcess, ProbeTargets) {
            let targets = try await ProbeTargets.start(count)
            let server = try await RollcallProcess.start(["--ephemeral"])
            for number in 0..<count { try server.register(targets.registration(number)) }
            try await eventually("all are up") { try server.answeredCount() == count }
            return (server, targets)
        }

        @Test("all but a few go silent: nothing leaves but the first, it is said, and it ends")
        func silence() async throws {
            let (server, targets) = try await start(24)
            try await targets.set(0..<22, .silent)
            try await eventually("it is held") {
                try server.metric("rollcall_verdicts_holding") == 1
            }
            let held = try server.answeredCount()
            #expect(held >= 24 - 12, "the service is not emptied: \(held)")
            // Several times what it takes to be believed otherwise.
            let end = ContinuousClock.now + .seconds(3)
            while ContinuousClock.now < end {
                #expect(try server.answeredCount() == held)
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(server.process.errors.contains("the last known health is held"))
            #expect(try server.problemCodes() == ["mass_failure_held"])
            try await eventually("answers say that they may be stale") {
                let reply = try server.dns.ask(
                    "web.service.consul",
                    .srv,
                    over: .tcp,
                    edns: EDNS(udpPayloadBytes: 1232)
                )
                return reply.edns?.extendedErrors.contains {
                    $0.infoCode == ExtendedError.staleAnswer
                } == true
            }
            try await targets.set([], .well)
            try await eventually("all are up", within: .seconds(30)) {
                try server.answeredCount() == 24
            }
            try await eventually("it is believed again", within: .seconds(30)) {
                try server.metric("rollcall_verdicts_holding") == 0
            }
            #expect(server.process.errors.contains("probes are believed again"))
            #expect(try !server.problemCodes().contains("mass_failure_held"))
        }

        @Test("refusals are held too at first, and a few dead ones of a small service never")
        func refusal() async throws {
            let (server, targets) = try await start(24)
            try await targets.set(0..<22, .refusing)
            try await eventually("it is held") {
                try server.metric("rollcall_verdicts_holding") == 1
            }
            #expect(try server.answeredCount() >= 24 - 12)
            try await targets.set([], .well)
            try await eventually("all are up", within: .seconds(30)) {
                try server.answeredCount() == 24
            }
            // Eight of 24: that is no mass failure.
            try await eventually("it is believed again", within: .seconds(30)) {
                try server.metric("rollcall_verdicts_holding") == 0
            }
            try await targets.set(0..<8, .refusing)
            try await eventually("the dead ones left") { try server.answeredCount() == 16 }
        }

        @Test("with a panic threshold the answer has all, and says so; HTTP shows the truth")
        func panic() async throws {
            let targets = try await ProbeTargets.start(4)
            let server = try await RollcallProcess.start(
                ["--ephemeral"],
                settings: ["ROLLCALL_HEALTH_PANIC_THRESHOLD": "50"]
            )
            for number in 0..<4 { try server.register(targets.registration(number)) }
            try await eventually("all are up") { try server.upIDs().count == 4 }
            try await targets.set(0..<3, .refusing)
            try await eventually("three are down") { try server.upIDs() == ["web-3"] }
            let reply = try server.dns.ask(
                "web.service.consul",
                .srv,
                edns: EDNS(udpPayloadBytes: 1232)
            )
            #expect(reply.answer.count == 4)
            #expect(
                reply.edns?.extendedErrors.map(\.extraText) == [
                    "panic: 1/4 healthy, all returned"
                ]
            )
            #expect(try server.metric("rollcall_services_in_panic") == 1)
            try await targets.set(0..<1, .refusing)
            try await eventually("the panic is over") { try server.answeredCount() == 3 }
            #expect(try server.metric("rollcall_services_in_panic") == 0)
        }
    }
}
