import Foundation
import TestSupport
import Testing

extension Clusters {
    @Suite("A server that hears nothing any more and has not noticed yet")
    struct StaleServerTests {
        @Test("it does not say of what it does not know that it is done, or not there")
        func unknownThings() async throws {
            try await ClusterFixture.run { cluster in
                let (stale, other) = (cluster.servers[0], cluster.servers[1])
                // It counts as cut off three seconds later.
                try await stale.link.cut(.stalled)
                try other.done(
                    "POST",
                    "/register",
                    #"{"service": "web", "id": "w", "host": "10.0.0.1", "port": 1, "ttl": "60s"}"#
                )
                let body = #"{"LockDelay": "0s", "NodeChecks": []}"#
                let created = try other.done("PUT", "/v1/session/create", body)
                let session = created.json["ID"].text ?? ""
                #expect(
                    try other.done("PUT", "/v1/kv/lock?acquire=\(session)", "1").body
                        .hasPrefix("true")
                )
                let destroyed = try stale.http("PUT", "/v1/session/destroy/\(session)")
                let deregistered = try stale.http("DELETE", "/instances/w")
                let beaten = try stale.http("PUT", "/heartbeat/w")
                try await eventually("it is cut off", within: .seconds(15)) { try stale.isCutOff }
                stale.link.set(.passing)
                try await cluster.untilAllAreMembers(within: .seconds(30))
                try await cluster.untilEqual()

                // A write is done where it says so, and refused where nobody can say.
                let holder = try other.done("GET", "/v1/kv/lock").json[0]["Session"].text
                ClusterReport.figure(
                    "stale",
                    "destroyed \(destroyed.status), deregistered \(deregistered.status), "
                        + "heartbeat \(beaten.status)"
                )
                #expect(deregistered.status == 503, "\(deregistered)")
                #expect(beaten.status == 503, "\(beaten)")
                #expect(
                    destroyed.status == 503 || holder == nil,
                    "\(destroyed), \(holder ?? "")"
                )
            }
        }
    }
}
