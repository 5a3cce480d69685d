import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("Another program locks the stored catalog")
    struct StoreLockTests {
        private static let files = ["rollcall.sqlite", "rollcall-journal.sqlite"]

        /// Takes SQLite's lock on a file for some seconds; says whether it got it.
        private func locker(
            _ scratch: ScratchFolder,
            _ name: String,
            seconds: Double
        ) throws -> ChildProcess {
            let script = """
                import sqlite3, sys, time
                file = sqlite3.connect(sys.argv[1], timeout=0.2, isolation_level=None)
                try:
                    file.execute("BEGIN EXCLUSIVE")
                    file.execute("SELECT count(*) FROM sqlite_master").fetchall()
                except sqlite3.OperationalError as error:
                    print("refused:", error, flush=True)
                    sys.exit(0)
                print("locked", flush=True)
                time.sleep(float(sys.argv[2]))
                """
            return try ChildProcess(
                ["python3", "-c", script, scratch.path("data/" + name), "\(seconds)"]
            )
        }

        @Test("while the server runs nobody else gets the lock, and nothing waits for who tries")
        func whileRunning() async throws {
            let scratch = try ScratchFolder()
            let server = try await RollcallProcess.start(scratch: scratch)
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            let questioner = Questioner(server, "web.service.consul", expected: ["10.0.1.1"])
            for name in Self.files {
                let locker = try locker(scratch, name, seconds: 5)
                var longest = Duration.zero
                for count in 1... where locker.isRunning || count < 20 {
                    let sent = ContinuousClock.now
                    try server.register(
                        #"{"service": "other", "id": "o", "host": "10.0.2.1", "port": \#(count)}"#
                    )
                    longest = max(longest, .now - sent)
                    if !locker.isRunning, count >= 20 { break }
                }
                #expect(try await locker.untilEnd() == .exit(0))
                #expect(locker.output.hasPrefix("refused: database is locked"), "\(locker.output)")
                #expect(longest < .seconds(2), "\(longest)")
                #expect(try server.http("GET", "/health").status == 200)
            }
            let findings = try await questioner.stop()
            #expect(findings.wrong.isEmpty && findings.answers > 0, "\(findings.wrong)")
            #expect(findings.longestGap < .seconds(1))
            FaultReport.figure(
                "locked catalog",
                "2 attempts to lock it were refused, \(findings.answers) answers, "
                    + "\(findings.wrong.count) wrong, longest gap "
                    + FaultReport.text(findings.longestGap)
            )
        }

        @Test(
            "a start waits for a lock that goes away, and ends with one line when it stays",
            arguments: files
        )
        func whileStarting(name: String) async throws {
            let scratch = try ScratchFolder()
            let first = try await RollcallProcess.start(scratch: scratch)
            try first.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            #expect(try await first.stop() == .exit(0))

            let short = try locker(scratch, name, seconds: 1)
            try await eventually("it is locked: \(short.errors)") { short.output == "locked\n" }
            let second = try await RollcallProcess.start(scratch: scratch)
            #expect(try second.dns.addresses("web.service.consul") == ["10.0.1.1"])
            #expect(try second.http("GET", "/health").body == "{\"status\":\"ok\"}\n")
            #expect(try await second.stop() == .exit(0))

            let long = try locker(scratch, name, seconds: 60)
            try await eventually("it is locked: \(long.errors)") { long.output == "locked\n" }
            let third = try RollcallProcess.launch(
                ["--dns-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"],
                scratch: scratch
            )
            #expect(try await third.untilEnd(within: .seconds(20)) == .exit(2))
            #expect(third.errors.contains("another process has the stored catalog open"))
            #expect(third.errors.split(separator: "\n").count == 1, "\(third.errors)")
            long.kill()
            try await long.untilEnd()
            let fourth = try await RollcallProcess.start(scratch: scratch)
            #expect(try fourth.dns.addresses("web.service.consul") == ["10.0.1.1"])
        }
    }
}
