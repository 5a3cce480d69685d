import DNSWire
import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("kill -9 at random points of mixed writes")
    struct CrashRoundsTests {
        /// A start may not take longer, whatever it finds.
        private static let startMax = Duration.seconds(15)

        /// A folder of damaged files says that a start found something wrong.
        private func damagedFolders(_ scratch: ScratchFolder) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: scratch.path("data"))
                .filter { $0.hasPrefix("damaged-") }
        }

        private func index(_ server: RollcallProcess) throws -> UInt64 {
            let reply = try server.http("GET", "/v1/catalog/nodes")
            return UInt64(reply.headers["x-consul-index"] ?? "") ?? 0
        }

        /// DNS says what HTTP says.
        private func expectDNSAgrees(_ server: RollcallProcess, _ service: String) throws {
            let listed = try server.http("GET", "/v1/health/service/\(service)?passing").json.list
            let addresses = listed.compactMap { $0["Service"]["Address"].text }
            let answer = try server.dns.ask("\(service).service.consul", .srv, over: .tcp)
            #expect(answer.answer.count == addresses.count, "\(service)")
        }

        @Test("each acknowledged write is there, none is half there, and each start succeeds")
        func rounds() async throws {
            let rounds = FaultLength.number("ROUNDS", short: 6)
            let scratch = try ScratchFolder()
            let writers = (0..<4).map { CrashWriter(number: $0) }
            var lastIndex: UInt64 = 0
            var slowestStart = Duration.zero
            var startsKilled = 0
            for round in 1...rounds {
                // Small steps: snapshots are written in the middle of the rounds.
                let settings = ["ROLLCALL_DATA_SNAPSHOT_JOURNAL_BYTES": "65536"]
                if round.isMultiple(of: 3) {
                    // Killed while it loads, folds or registers itself.
                    let early = try RollcallProcess.launch(
                        ["--dns-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"],
                        settings: settings,
                        scratch: scratch
                    )
                    try await Task.sleep(for: .milliseconds(.random(in: 1...150)))
                    early.kill()
                    try await early.untilEnd()
                    startsKilled += 1
                }
                let began = ContinuousClock.now
                let server = try await RollcallProcess.start(settings: settings, scratch: scratch)
                slowestStart = max(slowestStart, .now - began)
                #expect(try damagedFolders(scratch).isEmpty)
                let index = try index(server)
                #expect(index >= lastIndex, "round \(round)")
                for writer in writers { try writer.check(server, round: round) }
                try expectDNSAgrees(server, "native")
                try expectDNSAgrees(server, "agent")
                let before = writers.reduce(0) { $0 + $1.acknowledgedCount }
                let threads = writers.map { writer in
                    BackgroundThread { _ in writer.write(to: server.httpPort, round: round) }
                }
                let wanted = before + .random(in: 1...300)
                try await eventually("writes are acknowledged", every: .milliseconds(1)) {
                    writers.reduce(0) { $0 + $1.acknowledgedCount } >= wanted
                }
                try await Task.sleep(for: .microseconds(.random(in: 0...20_000)))
                server.process.kill()
                try await server.process.untilEnd()
                for thread in threads { try await thread.untilEnd() }
                lastIndex = max(lastIndex, writers.map(\.indexSeen).max() ?? 0)
            }
            let server = try await RollcallProcess.start(scratch: scratch)
            for writer in writers { try writer.check(server, round: rounds + 1) }
            #expect(slowestStart < Self.startMax)
            let acknowledged = writers.reduce(0) { $0 + $1.acknowledgedCount }
            let lost = writers.reduce(0) { $0 + $1.lostCount }
            #expect(lost == 0)
            print(
                "figures: kill -9: \(rounds) rounds and \(startsKilled) kills during starts, "
                    + "\(acknowledged) writes acknowledged, \(lost) lost, "
                    + "slowest start \(slowestStart.formatted(.units(allowed: [.milliseconds])))"
            )
        }
    }
}
