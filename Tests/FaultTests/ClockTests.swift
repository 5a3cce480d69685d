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

        @Test("cookies are good for their time and then renewed, and no serial goes backwards")
        func cookiesAndSerials() async throws {
            let library = try await FaultLibrary()
            let server = try await RollcallProcess.start(
                settings: ["ROLLCALL_DNS_COOKIES": "required"].merging(library.environment) { $1 }
            )
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            let half: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
            let first = try show(half, to: server, isGood: false)
            #expect(try show(first, to: server, isGood: true) == first)
            var serial = try serial(of: server)
            // How far the clock is set, whether the first cookie is good then, and whether it is kept.
            let jumps = [
                (1_200, true, true), (2_700, true, false), (7_200, false, false),
                (-200, true, true), (-7_200, false, false), (86_400 * 365, false, false),
                (0, true, true),
            ]
            for (offset, isGood, isKept) in jumps {
                try library.set("clock-offset \(offset)")
                let time = Date().addingTimeInterval(Double(offset))
                var given = first
                // The first reply that is dated by the new time, in the cookie that it brings.
                try await eventually("the clock is set by \(offset) s") {
                    given = try show(half, to: server, isGood: false)
                    let seconds = given[12..<16].reduce(0) { $0 << 8 | Int($1) }
                    return abs(Double(seconds) - time.timeIntervalSince1970) < 30
                }
                #expect(try show(given, to: server, isGood: true) == given)
                let renewed = try show(first, to: server, isGood: isGood)
                #expect((renewed == first) == isKept, "\(offset)")
                #expect(try show(renewed, to: server, isGood: true) == renewed)
                try server.register(
                    #"{"service": "more", "id": "m", "host": "10.0.3.1", "port": \#(offset & 0x7FFF | 1)}"#
                )
                let next = try self.serial(of: server)
                #expect(Int32(bitPattern: next &- serial) > 0, "\(offset): \(serial), \(next)")
                serial = next
            }
            // Nor does it after a start with the clock an hour back.
            try library.set("clock-offset -3600")
            server.process.kill()
            try await server.process.untilEnd()
            let second = try await RollcallProcess.start(
                settings: library.environment,
                scratch: server.scratch
            )
            #expect(Int32(bitPattern: try self.serial(of: second) &- serial) >= 0)
        }

        /// Shows a cookie over UDP and returns the one that comes back.
        private func show(
            _ cookie: [UInt8],
            to server: RollcallProcess,
            isGood: Bool
        ) throws -> [UInt8] {
            let option = EDNS.Option(code: EDNS.Option.cookie, payload: cookie)
            let reply = try server.dns.ask(
                "web.service.consul",
                .a,
                edns: EDNS(udpPayloadBytes: 1232, options: [option])
            )
            #expect(reply.responseCode == (isGood ? .noError : .badCookie))
            #expect(reply.answer.count == (isGood ? 1 : 0))
            let back = reply.edns?.options.first { $0.code == EDNS.Option.cookie }?.payload ?? []
            guard back.count == 24 else {
                throw UnexpectedAnswer(description: "no cookie came back: \(reply)")
            }
            return back
        }

        /// The serial of the catalog's zone; a number in the SOA after two names.
        private func serial(of server: RollcallProcess) throws -> UInt32 {
            let reply = try server.dns.ask("consul", .soa, over: .tcp)
            guard let rdata = reply.answer.first?.rdata, rdata.count > 20 else {
                throw UnexpectedAnswer(description: "no SOA: \(reply)")
            }
            return rdata.dropLast(16).suffix(4).reduce(0) { $0 << 8 | UInt32($1) }
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
