import DNSWire
import Foundation
import Synchronization
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

        @Test("half-sent bodies on many connections: refused at the limit of all, told, and over")
        func heldBodies() async throws {
            let server = try await RollcallProcess.start(
                ["--ephemeral"],
                settings: ["ROLLCALL_HTTP_BODIES_BYTES_MAX": "16MiB"]
            )
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            let questioner = Questioner(server, "web.service.consul", expected: ["10.0.1.1"])
            let before = Self.residentMegabytes(server)
            let part = [UInt8](repeating: 0x20, count: 1_000_000)
            var sockets: [NetworkSocket] = []
            for number in 0..<300 {
                let socket = try NetworkSocket(.tcp, port: server.httpPort)
                let path = number.isMultiple(of: 2) ? "/register" : "/import"
                let head = "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 1000001\r\n\r\n"
                // The server closes those that it refuses.
                _ = try? socket.send(Array(head.utf8) + part)
                sockets.append(socket)
            }
            try await eventually("it is told") {
                try server.problemCodes().contains("http_bodies_full")
            }
            let growth = Self.residentMegabytes(server) - before
            #expect(growth < 220, "\(growth) MB more")
            // Small requests are taken all the while.
            try server.register(#"{"service": "more", "host": "10.0.1.2", "port": 80}"#)
            let refused = sockets.filter { socket in
                guard socket.isReadable(within: 0), let reply = try? socket.receive() else {
                    return false
                }
                return String(decoding: reply, as: UTF8.self).hasPrefix("HTTP/1.1 503")
            }
            #expect(refused.count > 200)
            sockets = []
            try await eventually("it is over") {
                try !server.problemCodes().contains("http_bodies_full")
            }
            let findings = try await questioner.stop()
            #expect(findings.wrong.isEmpty, "\(findings.wrong)")
            #expect(findings.longestGap < .seconds(5))
            FaultReport.figure(
                "half-sent bodies",
                "300 of 1 MB each, at most 16 MiB together: memory \(growth) MB more, "
                    + "longest gap \(FaultReport.text(findings.longestGap))"
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

        /// What a writer had acknowledged, by its number.
        private struct Acknowledged {
            var keys: [String] = []
            var ids: [String] = []
        }

        private static func value(_ key: String) -> String {
            key + String(repeating: "x", count: 200_000)
        }

        /// Writes keys with large values, and instances, until the server is gone.
        private static func write(_ name: String, _ port: UInt16) -> Acknowledged {
            var acknowledged = Acknowledged()
            guard let connection = try? HTTPClientConnection(port: port) else {
                return acknowledged
            }
            for number in 0..<10_000 {
                let key = "\(name)-\(number)"
                let body = """
                    {"service": "\(name)", "id": "\(key)", "host": "10.1.0.1", "port": 80}
                    """
                guard let put = try? connection.request("PUT", "/v1/kv/\(key)", value(key)),
                    let reply = try? connection.request("POST", "/register", body)
                else { break }
                if put.status == 200 { acknowledged.keys.append(key) }
                if reply.status == 200 { acknowledged.ids.append(key) }
            }
            return acknowledged
        }

        /// Lets the process have only so much more data than it has now.
        private static func limit(_ server: RollcallProcess, moreMegabytes: Int) async throws {
            let status = try String(
                contentsOfFile: "/proc/\(server.process.pid)/status",
                encoding: .utf8
            )
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmData:") }
            let kilobytes = try #require(line.flatMap { Int($0.filter(\.isNumber)) })
            let bytes = kilobytes * 1_024 + moreMegabytes << 20
            let result = try await CommandLineClient.run([
                "prlimit", "--pid", "\(server.process.pid)", "--data=\(bytes):\(bytes)",
            ])
            guard result.succeeded else { throw UnexpectedAnswer(description: "\(result)") }
        }

        @Test("no memory is given any more: the process ends, and nothing acknowledged is lost")
        func exhausted() async throws {
            let scratch = try ScratchFolder()
            for (round, moreMegabytes) in [16, 48].enumerated() {
                let server = try await RollcallProcess.start(scratch: scratch)
                try await Self.limit(server, moreMegabytes: moreMegabytes)
                let acknowledged: Mutex<[String: Acknowledged]> = Mutex([:])
                let port = server.httpPort
                let writers = (0..<4).map { number in
                    BackgroundThread { _ in
                        let name = "round-\(round)-\(number)"
                        let written = Self.write(name, port)
                        acknowledged.withLock { $0[name] = written }
                    }
                }
                for writer in writers { try await writer.untilEnd(within: .seconds(90)) }
                let end = try await server.process.untilEnd(within: .seconds(60))
                if case .exit(0) = end { Issue.record("it ended as if all were well") }

                let start = ContinuousClock.now
                let second = try await RollcallProcess.start(scratch: scratch)
                let took = ContinuousClock.now - start
                var count = 0
                for (service, written) in acknowledged.withLock({ $0 }) {
                    let list = try second.http("GET", "/services/\(service)").json.list
                    let known = Set(list.compactMap { $0["id"].text })
                    #expect(known.isSuperset(of: written.ids), "\(service)")
                    for key in written.keys {
                        let reply = try second.http("GET", "/v1/kv/\(key)?raw")
                        #expect(reply.status == 200 && reply.body == Self.value(key), "\(key)")
                    }
                    count += written.ids.count + written.keys.count
                }
                #expect(count > 10)
                #expect(try second.problemCodes().isEmpty)
                #expect(try await second.stop() == .exit(0))
                FaultReport.figure(
                    "out of memory",
                    "\(moreMegabytes) MB more than at the start: \(count) writes acknowledged, "
                        + "ended by \(end), none lost, ready again after "
                        + FaultReport.text(took)
                )
            }
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
