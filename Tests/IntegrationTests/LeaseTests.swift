import DNSWire
import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("Leases and heartbeats")
    struct LeaseTests {
        private static let settings = ["ROLLCALL_LEASES_TTL_MIN": "1s"]

        @Test("heartbeats keep an instance, silence removes it")
        func lease() async throws {
            let server = try await RollcallProcess.start(settings: Self.settings)
            let reply = try server.register(
                #"{"service": "web", "id": "w", "host": "10.0.1.1", "port": 80, "ttl": "2s"}"#
            )
            #expect(reply.json["ttl"].text == "2s")
            #expect(reply.json["lease_id"].text?.isEmpty == false)
            let end = ContinuousClock.now + .seconds(5)
            while ContinuousClock.now < end {
                let beat = try server.http("PUT", "/heartbeat/w")
                #expect(beat.status == 200, "\(beat)")
                #expect(try server.dns.addresses("web.service.consul") == ["10.0.1.1"])
                try await Task.sleep(for: .milliseconds(400))
            }
            let silence = ContinuousClock.now
            try await eventually("it is removed", within: .seconds(4)) {
                try server.dns.ask("web.service.consul", .a).responseCode == .nameError
            }
            #expect(ContinuousClock.now - silence > .seconds(1))
            #expect(try server.http("PUT", "/heartbeat/w").status == 404)
        }

        @Test("a TTL check of Consul: a pass keeps it up, silence makes it critical")
        func ttlCheck() async throws {
            let server = try await RollcallProcess.start()
            let reply = try server.http(
                "PUT",
                "/v1/agent/service/register",
                #"{"Name": "web", "Address": "10.0.1.1", "Port": 80, "Check": {"TTL": "2s"}}"#
            )
            #expect(reply.status == 200, "\(reply)")
            #expect(try server.dns.ask("web.service.consul", .a).answer.isEmpty)
            let end = ContinuousClock.now + .seconds(4)
            while ContinuousClock.now < end {
                #expect(try server.http("PUT", "/v1/agent/check/pass/service:web").status == 200)
                #expect(try server.dns.addresses("web.service.consul") == ["10.0.1.1"])
                try await Task.sleep(for: .milliseconds(400))
            }
            try await eventually("it is critical", within: .seconds(4)) {
                try server.dns.ask("web.service.consul", .a).answer.isEmpty
            }
            let after = try server.dns.ask("web.service.consul", .a)
            #expect(after.responseCode == .noError)
            let checks = try server.http("GET", "/v1/health/checks/web").json
            #expect(checks[0]["Status"].text == "critical")
        }

        @Test("a restart gives every lease one fresh term")
        func restart() async throws {
            let scratch = try ScratchFolder()
            let first = try await RollcallProcess.start(settings: Self.settings, scratch: scratch)
            try first.register(
                #"{"service": "web", "id": "w", "host": "10.0.1.1", "port": 80, "ttl": "2s"}"#
            )
            #expect(try await first.stop() == .exit(0))
            // The pause is what is tested: it is longer than the term.
            try await Task.sleep(for: .milliseconds(2_500))
            let second = try await RollcallProcess.start(settings: Self.settings, scratch: scratch)
            let start = ContinuousClock.now
            #expect(try second.dns.addresses("web.service.consul") == ["10.0.1.1"])
            try await eventually("it is removed", within: .seconds(4)) {
                try second.dns.ask("web.service.consul", .a).responseCode == .nameError
            }
            #expect(ContinuousClock.now - start > .milliseconds(1_500))
        }

        @Test("the time that the process was stopped does not count")
        func paused() async throws {
            let server = try await RollcallProcess.start(settings: Self.settings)
            try server.register(
                #"{"service": "web", "id": "w", "host": "10.0.1.1", "port": 80, "ttl": "2s"}"#
            )
            server.process.signal(SIGSTOP)
            try await Task.sleep(for: .seconds(3))
            server.process.signal(SIGCONT)
            #expect(try server.dns.addresses("web.service.consul") == ["10.0.1.1"])
            #expect(try server.http("PUT", "/heartbeat/w").status == 200)
        }
    }
}
