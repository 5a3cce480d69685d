import DNSWire
import Foundation
import TestSupport
import Testing

/// Those that other fault tests bring about are looked at there.
extension Faults {
    @Suite("Problems are told while they are there")
    struct ProblemTests {
        /// Waits until `/health` tells exactly these, and the metrics and the log do too.
        private func expectTold(
            _ codes: Set<String>,
            by server: RollcallProcess,
            within limit: Duration = .seconds(30)
        ) async throws {
            try await eventually("\(codes.sorted()) are told", within: limit) {
                try Set(server.problemCodes()) == codes
            }
            try await eventually("the metrics and the log tell \(codes.sorted())") {
                let metrics = try server.http("GET", "/metrics").body
                let told = codes.allSatisfy {
                    metrics.contains("rollcall_problem{code=\"\($0)\"} 1")
                }
                let log = server.process.errors
                return told && codes.allSatisfy { log.contains("code=\($0)") }
            }
        }

        @Test("queries that are lost, probes that are late, a pause: told, and over in ten seconds")
        func counted() async throws {
            let targets = try await ProbeTargets.start(8)
            try await targets.set(0..<8, .silent)
            let server = try await RollcallProcess.start(
                ["--ephemeral"],
                // Eight probes of 0.4 s in each second, and one at a time.
                settings: ["ROLLCALL_HEALTH_PROBES_IN_FLIGHT_MAX": "1"]
            )
            try server.register(#"{"service": "known", "host": "10.0.1.1", "port": 80}"#)
            for number in 0..<8 { try server.register(targets.registration(number)) }
            server.process.signal(SIGSTOP)
            let start = ContinuousClock.now
            let query = Message.query(id: 1, name: try DomainName("known.service.consul"), type: .a)
                .encoded()
            let socket = try NetworkSocket(.udp, port: server.dnsPort)
            // More than its socket holds, and for longer than what counts as a pause.
            var sent = 0
            while sent < 40_000 || ContinuousClock.now - start < .milliseconds(1_500) {
                try socket.send(query)
                sent += 1
            }
            server.process.signal(SIGCONT)
            try await expectTold(["dns_overloaded", "prober_late", "process_paused"], by: server)
            #expect(try server.http("GET", "/health").json["status"].text == "degraded")
            #expect(try server.http("GET", "/ready").status == 200)
            #expect(try server.dns.addresses("known.service.consul") == ["10.0.1.1"])
            try await targets.set([], .well)
            try await eventually("all of them are over", within: .seconds(40)) {
                try server.problemCodes().isEmpty
            }
            try await eventually("the log says it") {
                server.process.errors.components(separatedBy: "a problem ended").count == 4
            }
            #expect(server.process.errors.components(separatedBy: "a problem began").count == 4)
        }

        @Test("few descriptors left: told before there are none, and over when clients leave")
        func descriptors() async throws {
            let limit = 300
            // Of the start it inherits so many that its clients' share is nearly all that is left.
            let server = try await RollcallProcess.start(
                ["--ephemeral"],
                prefix: [
                    "prlimit", "--nofile=\(limit):\(limit)", "bash", "-c",
                    #"for n in $(seq 20 199); do eval "exec $n</dev/null"; done; exec "$@""#,
                    "bash",
                ]
            )
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            #expect(try server.problemCodes().isEmpty)
            let known = try HTTPClientConnection(port: server.httpPort)
            func codes() throws -> [String] {
                try known.request("GET", "/health").json["problems"].list
                    .compactMap { $0["code"].text }
            }
            _ = try codes()
            var idle: [NetworkSocket] = []
            try await eventually("it is told") {
                idle.append(try NetworkSocket(.tcp, port: server.httpPort))
                idle.append(try NetworkSocket(.tcp, port: server.dnsPort))
                return try codes().contains("descriptors_short")
            }
            #expect(ResourceSamples.descriptors(of: server.process.pid) < limit)
            #expect(try server.dns.addresses("web.service.consul") == ["10.0.1.1"])
            try await eventually("the log says it") {
                server.process.errors.contains("code=descriptors_short")
            }
            idle = []
            try await eventually("it is over", within: .seconds(30)) { try codes().isEmpty }
        }

        @Test("an audit log that takes nothing more: told until it does, and writes go on")
        func audit() async throws {
            let scratch = try ScratchFolder()
            let pipe = scratch.path("audit")
            #expect(unsafe mkfifo(pipe, 0o600) == 0)
            let reader = unsafe open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
            #expect(reader >= 0)
            defer { close(reader) }
            let server = try await RollcallProcess.start(
                ["--ephemeral"],
                settings: ["ROLLCALL_AUDIT_LOG": pipe],
                scratch: scratch
            )
            let connection = try HTTPClientConnection(port: server.httpPort)
            var count = 0
            func register() throws {
                count += 1
                let body =
                    #"{"service": "web", "id": "web", "host": "10.0.1.1", "port": \#(count)}"#
                #expect(try connection.request("POST", "/register", body).status == 200)
            }
            try await eventually("the pipe is full", within: .seconds(30), every: .zero) {
                try register()
                return try server.metric("rollcall_audit_failing") == 1
            }
            try await expectTold(["writes_not_recorded"], by: server)
            try register()
            #expect(try server.dns.addresses("web.service.consul") == ["10.0.1.1"])
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            var text = ""
            try await eventually("it is over", within: .seconds(30)) {
                while case let read = unsafe Glibc.read(reader, &bytes, bytes.count), read > 0 {
                    text += String(decoding: bytes.prefix(read), as: UTF8.self)
                }
                try register()
                return try server.problemCodes().isEmpty
            }
            try await eventually("a line says how many are missing") {
                while case let read = unsafe Glibc.read(reader, &bytes, bytes.count), read > 0 {
                    text += String(decoding: bytes.prefix(read), as: UTF8.self)
                }
                return text.contains("left_out")
            }
        }

        @Test(
            "more changes than the disk takes: refused at the limit, told, and over when it works"
        )
        func writes() async throws {
            let library = try await FaultLibrary()
            let server = try await RollcallProcess.start(settings: library.environment)
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            let lines = (0..<512).map { number in
                #"{"service": "many", "id": "\#(number)", "host": "10.0.2.1", "port": 80}"#
            }
            let body = lines.joined(separator: "\n") + "\n"
            // Long enough to be seen: all that waits is stored at once when a write ends.
            try library.set("sync-delay 8000")
            // Each has 512 changes on their way, and 65,536 may wait.
            var imports: [HTTPClientConnection] = []
            for _ in 0..<140 {
                let connection = try HTTPClientConnection(
                    port: server.httpPort,
                    timeoutMilliseconds: 60_000
                )
                try connection.send("POST", "/import", body)
                imports.append(connection)
            }
            try await expectTold(["writes_overloaded"], by: server, within: .seconds(60))
            let refusal = try server.http(
                "POST",
                "/register",
                #"{"service": "refused", "host": "10.0.1.9", "port": 80}"#
            )
            #expect(refusal.status == 503, "\(refusal)")
            #expect(refusal.json["error"].text?.isEmpty == false)
            #expect(try server.dns.addresses("web.service.consul") == ["10.0.1.1"])
            try library.set("")
            try await eventually("it is over", within: .seconds(60)) {
                try server.problemCodes().isEmpty
            }
            let replies = try imports.map { try $0.receiveReply() }
            #expect(replies.contains { $0.status == 200 && $0.json["failed"] == .number(0) })
            #expect(replies.contains { $0.status != 200 || $0.json["failed"] != .number(0) })
        }
    }
}
