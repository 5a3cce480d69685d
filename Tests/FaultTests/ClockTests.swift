import DNSWire
import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("A clock that is set")
    struct ClockTests {
        private static let body = """
            {"Name": "ttl", "ID": "ttl", "Address": "10.0.2.1", "Port": 80, "Check": {"TTL": "5s"}}
            """

        /// Renews what runs out by itself; each must still be there.
        private func renew(_ server: RollcallProcess, session: String) throws {
            #expect(try server.http("PUT", "/heartbeat/leased").status == 200)
            #expect(try server.http("PUT", "/v1/agent/check/pass/service:ttl").status == 200)
            #expect(try server.http("PUT", "/v1/session/renew/\(session)").status == 200)
        }

        @Test("hours forwards and backwards: leases, checks, sessions and the index do not care")
        func jumps() async throws {
            let library = try await FaultLibrary()
            let server = try await RollcallProcess.start(
                settings: ["ROLLCALL_LEASES_TTL_MIN": "1s"].merging(library.environment) { $1 }
            )
            try server.register(
                #"{"service": "web", "id": "leased", "host": "10.0.1.1", "port": 80, "ttl": "3s"}"#
            )
            #expect(
                try server.http("PUT", "/v1/agent/service/register", Self.body).status == 200
            )
            let session = try server.http("PUT", "/v1/session/create", #"{"TTL": "10s"}"#)
                .json["ID"].text
            let id = try #require(session)
            try renew(server, session: id)
            let questioners = [
                Questioner(server, "web.service.consul", expected: ["10.0.1.1"]),
                Questioner(server, "ttl.service.consul", expected: ["10.0.2.1"]),
            ]
            var index = 0
            for (count, offset) in [7_200, -18_000, 86_400 * 30, -3_600, 0].enumerated() {
                try library.set("clock-offset \(offset)")
                let expected = Date().addingTimeInterval(Double(offset))
                // The program sees the new time: its replies are dated by it.
                try await eventually("the clock is set") {
                    let date = try server.http("GET", "/health").headers["date"] ?? ""
                    return Self.date(date).map { abs($0.timeIntervalSince(expected)) < 10 } ?? false
                }
                for _ in 0..<4 {
                    try renew(server, session: id)
                    try await Task.sleep(for: .milliseconds(250))
                }
                try server.register(
                    #"{"service": "more", "id": "m", "host": "10.0.3.1", "port": \#(count + 1)}"#
                )
                let reply = try server.http("GET", "/v1/catalog/services")
                let next = reply.headers["x-consul-index"].flatMap { Int($0) } ?? 0
                #expect(next > index)
                index = next
            }
            #expect(try server.problemCodes().isEmpty)
            for questioner in questioners {
                let findings = try await questioner.stop()
                #expect(findings.wrong.isEmpty, "\(findings.wrong)")
                #expect(findings.longestGap < .seconds(2))
                FaultReport.figure(
                    "clock",
                    "5 jumps of up to 30 days, \(findings.answers) answers, "
                        + "\(findings.wrong.count) wrong, longest gap "
                        + "\(FaultReport.text(findings.longestGap))"
                )
            }
            // And silence is still noticed, with the clock an hour back.
            try library.set("clock-offset -3600")
            try await eventually("the lease runs out", within: .seconds(8)) {
                try server.dns.ask("web.service.consul", .a).responseCode == .nameError
            }
            try await eventually("the TTL check runs out", within: .seconds(8)) {
                try server.dns.ask("ttl.service.consul", .a).answer.isEmpty
            }
        }

        private static func date(_ text: String) -> Date? {
            let format = DateFormatter()
            format.locale = Locale(identifier: "en_US_POSIX")
            format.timeZone = TimeZone(identifier: "GMT")
            format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
            return format.date(from: text)
        }
    }
}
