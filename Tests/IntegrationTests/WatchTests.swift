import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("Watches")
    struct WatchTests {
        @Test(
            "a blocking query wakes for its own service only",
            arguments: ["v1/health/service", "services"]
        )
        func blocking(_ path: String) async throws {
            let server = try await RollcallProcess.start(["--ephemeral"])
            try server.register(#"{"service": "a", "id": "a1", "host": "10.0.1.1", "port": 80}"#)
            let first = try server.http("GET", "/\(path)/a")
            let index = try #require(
                first.headers["x-consul-index"] ?? first.headers["x-rollcall-index"]
            )
            let watcher = try ChildProcess([
                "curl", "-sS", "--fail-with-body", "-m", "30", "-w", "\n",
                "\(server.url)/\(path)/a?index=\(index)&wait=20s",
            ])
            // Another watcher, on the other service, that must wake: the change has gone around.
            let other = try server.http("GET", "/v1/health/service/b")
            let otherIndex = try #require(other.headers["x-consul-index"])
            let otherWatcher = try ChildProcess([
                "curl", "-sS", "-m", "30",
                "\(server.url)/v1/health/service/b?index=\(otherIndex)&wait=20s",
            ])
            for number in 1...20 {
                try server.register(
                    #"{"service": "b", "host": "10.0.2.\#(number)", "port": 80, "id": "\#(number)"}"#
                )
            }
            try await otherWatcher.untilEnd()
            #expect(watcher.isRunning)
            try server.register(#"{"service": "a", "id": "a2", "host": "10.0.1.2", "port": 80}"#)
            #expect(
                try await watcher.untilEnd(within: .seconds(3)) == .exit(0),
                "\(watcher.errors)"
            )
            #expect(watcher.output.contains("10.0.1.2"), "\(watcher.output)")
        }

        @Test("a blocking query that nothing wakes ends with its time")
        func timeout() async throws {
            let server = try await RollcallProcess.start(["--ephemeral"])
            try server.register(#"{"service": "a", "host": "10.0.1.1", "port": 80}"#)
            let index = try #require(
                try server.http("GET", "/v1/health/service/a").headers["x-consul-index"]
            )
            let start = ContinuousClock.now
            let reply = try server.http("GET", "/v1/health/service/a?index=\(index)&wait=1s")
            let waited = ContinuousClock.now - start
            #expect(reply.status == 200)
            #expect(reply.headers["x-consul-index"] == index)
            #expect(waited >= .seconds(1) && waited < .seconds(3), "\(waited)")
        }

        @Test("the event stream gives the state, then each change, and goes on where it was")
        func stream() async throws {
            let server = try await RollcallProcess.start(["--ephemeral"])
            try server.register(#"{"service": "a", "id": "a1", "host": "10.0.1.1", "port": 80}"#)
            let watcher = try ChildProcess(["curl", "-sN", "\(server.url)/services/a/watch"])
            try await eventually("the state comes") {
                watcher.output.contains("event: state") && watcher.output.contains("10.0.1.1")
            }
            try server.register(#"{"service": "b", "host": "10.0.2.1", "port": 80}"#)
            try server.register(#"{"service": "a", "id": "a2", "host": "10.0.1.2", "port": 80}"#)
            try await eventually("the change comes", within: .seconds(3)) {
                watcher.output.contains("event: change") && watcher.output.contains("10.0.1.2")
            }
            #expect(!watcher.output.contains("10.0.2.1"))
            _ = try server.http("DELETE", "/instances/a1")
            try await eventually("the removal comes", within: .seconds(3)) {
                watcher.output.components(separatedBy: "event: change").count == 3
            }
            let ids = watcher.output.split(separator: "\n").filter { $0.hasPrefix("id: ") }
            #expect(ids.count == 3)
            let last = try #require(ids.last?.dropFirst(4))
            let resumed = try ChildProcess([
                "curl", "-sN", "-H", "Last-Event-ID: \(last)", "\(server.url)/services/a/watch",
            ])
            try await eventually("the stream is open") { resumed.output.contains("retry") }
            try server.register(#"{"service": "a", "id": "a3", "host": "10.0.1.3", "port": 80}"#)
            try await eventually("the next change comes") { resumed.output.contains("10.0.1.3") }
            #expect(!resumed.output.contains("event: state"))
        }
    }
}

/// Beside the other tests: it only waits.
@Suite("Event streams in silence")
struct SilentStreamTests {
    @Test("silence is broken by a heartbeat")
    func heartbeat() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        let watcher = try ChildProcess(["curl", "-sN", "\(server.url)/services/a/watch"])
        try await eventually("a comment comes", within: .seconds(30)) {
            watcher.output.split(separator: "\n").contains { $0.hasPrefix(":") }
        }
    }
}
