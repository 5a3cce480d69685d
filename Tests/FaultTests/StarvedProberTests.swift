import DNSWire
import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("The server gets no processor time")
    struct StarvedProberTests {
        @Test("in slices of half a second, or of two seconds: nobody fails for it")
        func slices() async throws {
            let count = 20
            let targets = try await ProbeTargets.start(count)
            let server = try await RollcallProcess.start(
                ["--ephemeral"],
                settings: ["ROLLCALL_LEASES_TTL_MIN": "1s"]
            )
            for number in 0..<count { try server.register(targets.registration(number)) }
            try server.register(
                #"{"service": "leased", "id": "l", "host": "10.0.1.1", "port": 1, "ttl": "5s"}"#
            )
            try await eventually("all are up") { try server.answeredCount() == count }
            let rounds = FaultLength.number("STARVED_ROUNDS", short: 6)
            for round in 1...rounds {
                server.process.signal(SIGSTOP)
                // What is tested is the gap; all probes' timeouts lie within it.
                try await Task.sleep(for: .milliseconds(round.isMultiple(of: 3) ? 2_000 : 500))
                server.process.signal(SIGCONT)
                try await Task.sleep(for: .milliseconds(round.isMultiple(of: 2) ? 20 : 200))
                #expect(try server.http("PUT", "/heartbeat/l").status == 200)
                #expect(try server.answeredCount() == count)
            }
            #expect(server.process.errors.contains("the process did not run"))
            try await targets.set([3], .refusing)
            try await eventually("a dead one leaves as ever") {
                try server.answeredCount() == count - 1
            }
        }
    }
}
