import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("A reload that is refused")
    struct ReloadTests {
        @Test("/health, metrics and the log say it while it is so, and the server stays ready")
        func refused() async throws {
            let server = try await RollcallProcess.start(["--ephemeral"])
            try server.scratch.write("this is no zone (\n", to: "zones/bad.zone")
            server.process.signal(SIGHUP)
            try await eventually("/health says it") {
                try server.problemCodes() == ["reload_refused"]
            }
            let health = try server.http("GET", "/health")
            #expect(health.status == 200)
            #expect(health.json["status"].text == "degraded")
            #expect(health.json["problem"].text == nil)
            let problem = health.json["problems"][0]
            #expect(problem["text"].text?.contains("bad.zone") == true, "\(health)")
            #expect(problem["since"].text?.hasSuffix("Z") == true)
            #expect(problem["remedy"].text?.isEmpty == false)
            #expect(try server.http("GET", "/ready").status == 200)
            #expect(
                try server.http("GET", "/v1/operator/autopilot/health").json["Healthy"]
                    == .bool(true)
            )
            let metrics = try server.http("GET", "/metrics").body
            #expect(metrics.contains(#"rollcall_problem{code="reload_refused"} 1"#))
            try FileManager.default.removeItem(atPath: server.scratch.path("zones/bad.zone"))
            server.process.signal(SIGHUP)
            try await eventually("it is over") { try server.problemCodes().isEmpty }
            try await eventually("the log says both") {
                let errors = server.process.errors
                return errors.contains("a problem began") && errors.contains("a problem ended")
            }
        }
    }
}
