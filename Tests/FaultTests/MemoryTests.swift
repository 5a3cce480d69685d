import DNSWire
import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("Memory")
    struct MemoryTests {
        private static func residentMegabytes(_ server: RollcallProcess) -> Int {
            let samples = ResourceSamples()
            samples.take(of: server.process.pid)
            return (samples.all.first?.residentKilobytes ?? 0) / 1_024
        }

        @Test("an import without an end is cut off by its limit before memory is")
        func endlessImport() async throws {
            // So much address space that the limit of the import is what ends it.
            let server = try await RollcallProcess.start(
                settings: ["ROLLCALL_HTTP_IMPORT_BYTES_MAX": "8MiB"]
            )
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            let questioner = Questioner(server, "web.service.consul", expected: ["10.0.1.1"])
            let announced = try NetworkSocket(.tcp, port: server.httpPort)
            try announced.send(
                Array(
                    "POST /import HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n".utf8
                )
            )
            let refusal = String(decoding: try announced.receive(), as: UTF8.self)
            #expect(refusal.hasPrefix("HTTP/1.1 413"), "\(refusal)")

            let before = Self.residentMegabytes(server)
            let sentBytes = try endless(server)
            #expect(sentBytes < 64 << 20)
            let growth = Self.residentMegabytes(server) - before
            #expect(growth < 200, "\(growth) MB more")
            try await eventually("it is as before") {
                try server.http("GET", "/health").status == 200
            }
            let findings = try await questioner.stop()
            #expect(findings.wrong.isEmpty, "\(findings.wrong)")
            #expect(findings.longestGap < .seconds(2))
            FaultReport.figure(
                "endless import",
                "cut off after \(sentBytes >> 20) MB, memory \(growth) MB more, longest gap "
                    + FaultReport.text(findings.longestGap)
            )
        }

        /// Sends one line in chunks until the server has ended it; returns how much was sent.
        ///
        /// It answers at the limit, and lets the client take the answer before it closes.
        private func endless(_ server: RollcallProcess) throws -> Int {
            let socket = try NetworkSocket(.tcp, port: server.httpPort)
            try socket.send(
                Array(
                    "POST /import HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8
                )
            )
            let text = [UInt8](repeating: 0x20, count: 65_536)
            let start = ContinuousClock.now
            var count = 0
            while (try? socket.send(Array("10000\r\n".utf8) + text + [0x0D, 0x0A])) != nil {
                count += text.count
                guard socket.isReadable(within: 0) else { continue }
                // It has answered; the rest comes slowly, which must not keep the connection.
                usleep(10_000)
                guard ContinuousClock.now - start < .seconds(10) else {
                    throw UnexpectedAnswer(description: "an import without an end is not ended")
                }
            }
            return count
        }

        @Test("killed as the system does when memory is short: it answers again within seconds")
        func killed() async throws {
            let scratch = try ScratchFolder()
            let first = try await RollcallProcess.start(scratch: scratch)
            let count = 5_000
            let lines = (0..<count).map { number in
                #"{"service": "s\#(number % 50)", "id": "i\#(number)", "host": "10.1.\#(number / 250).\#(number % 250)", "port": 80}"#
            }
            let reply = try first.http("POST", "/import", lines.joined(separator: "\n") + "\n")
            #expect(reply.status == 200, "\(reply)")
            first.process.kill()
            #expect(try await first.process.untilEnd() == .signal(SIGKILL))
            let start = ContinuousClock.now
            let second = try await RollcallProcess.start(scratch: scratch)
            let answer = try second.dns.ask("s0.service.consul", .a, over: .tcp)
            let took = ContinuousClock.now - start
            #expect(answer.answer.count == count / 50)
            #expect(took < .seconds(10))
            let known = try second.http("GET", "/v1/catalog/services").json.keys
            #expect(known.filter { $0.hasPrefix("s") }.count == 50)
            FaultReport.figure(
                "kill -9",
                "\(count) instances, the first answer \(FaultReport.text(took)) after the start"
            )
        }
    }
}
