import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("kill -9 at random points of mixed writes")
    struct CrashRoundsTests {
        /// A start may not take longer, whatever it finds.
        private static let startMax = Duration.seconds(15)
        private static let secret = "5f3b1c7e-0000-4000-8000-2c1d6a9e4b70"
        /// Small steps: folds and snapshots happen in the middle of the rounds, and drains end soon.
        private static let settings = [
            "ROLLCALL_DATA_SNAPSHOT_INTERVAL": "100ms", "ROLLCALL_DATA_SNAPSHOT_PAUSE": "0s",
            "ROLLCALL_DATA_FOLD_CHANGES": "32", "ROLLCALL_DNS_TTL_SERVICES": "1s",
            "ROLLCALL_ACL_ENABLED": "true", "ROLLCALL_ACL_TOKENS_INITIAL_MANAGEMENT": secret,
            "ROLLCALL_ACL_TOKENS_DEFAULT": secret, "ROLLCALL_ACL_TOKENS_DNS": secret,
        ]

        /// How a round ends.
        private enum End: CaseIterable {
            /// At a random moment.
            case kill
            /// Killed while it stops: the last snapshot and fold are under way.
            case killWhileStopping
        }

        private struct Totals {
            var slowestStart = Duration.zero
            var startsKilled = 0
            var stopsKilled = 0
            var snapshots = 0
        }

        /// A folder of damaged files says that a start found something wrong.
        private func damagedFolders(_ scratch: ScratchFolder) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: scratch.path("data"))
                .filter { $0.hasPrefix("damaged-") }
        }

        /// Starts and kills it while it loads, folds or registers itself.
        private func killEarly(_ scratch: ScratchFolder) async throws {
            let early = try RollcallProcess.launch(
                ["--dns-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"],
                settings: Self.settings,
                scratch: scratch
            )
            try await Task.sleep(for: .milliseconds(.random(in: 1...150)))
            early.kill()
            try await early.untilEnd()
        }

        /// Starts, looks whether all is there, writes and ends it.
        private func run(
            _ round: Int,
            _ writers: [CrashWriter],
            _ end: End,
            _ scratch: ScratchFolder,
            _ totals: inout Totals
        ) async throws {
            let lastIndex = writers.map(\.indexSeen).max() ?? 0
            let began = ContinuousClock.now
            let server = try await RollcallProcess.start(settings: Self.settings, scratch: scratch)
            totals.slowestStart = max(totals.slowestStart, .now - began)
            #expect(try damagedFolders(scratch).isEmpty)
            let findings = try CrashFindings(server, secret: Self.secret)
            #expect(findings.index >= lastIndex, "round \(round)")
            for writer in writers { writer.check(findings, round: round) }
            let before = writers.reduce(0) { $0 + $1.acknowledgedCount }
            let port = server.httpPort
            let threads = writers.map { writer in
                BackgroundThread { _ in
                    writer.write(to: port, round: round, mayRefuse: end == .killWhileStopping)
                }
            }
            let wanted = before + .random(in: 1...300)
            try await eventually(
                "writes are acknowledged",
                within: .seconds(60),
                every: .milliseconds(1)
            ) {
                writers.reduce(0) { $0 + $1.acknowledgedCount } >= wanted
            }
            if end == .killWhileStopping {
                server.process.signal(SIGTERM)
                totals.stopsKilled += 1
            }
            try await Task.sleep(for: .microseconds(.random(in: 0...20_000)))
            server.process.kill()
            try await server.process.untilEnd()
            for thread in threads { try await thread.untilEnd() }
            totals.snapshots += try snapshots(scratch)
        }

        private func snapshots(_ scratch: ScratchFolder) throws -> Int {
            let folder = scratch.path("data/snapshots")
            guard FileManager.default.fileExists(atPath: folder) else { return 0 }
            return try FileManager.default.contentsOfDirectory(atPath: folder)
                .filter { $0.hasSuffix(".snapshot") }.count
        }

        @Test("each acknowledged write is there, none is half there, and each start succeeds")
        func rounds() async throws {
            let rounds = FaultLength.number("ROUNDS", short: 6)
            let scratch = try ScratchFolder()
            let writers = (0..<5).map { number in
                CrashWriter(
                    number: number,
                    kind: number == 4 ? .drains : .mixed,
                    secret: Self.secret
                )
            }
            var totals = Totals()
            for round in 1...rounds {
                if round.isMultiple(of: 3) {
                    try await killEarly(scratch)
                    totals.startsKilled += 1
                }
                let end: End = round.isMultiple(of: 4) ? .killWhileStopping : .kill
                try await run(round, writers, end, scratch, &totals)
            }
            let server = try await RollcallProcess.start(settings: Self.settings, scratch: scratch)
            let findings = try CrashFindings(server, secret: Self.secret)
            for writer in writers { writer.check(findings, round: rounds + 1) }
            #expect(try await server.stop() == .exit(0))
            // What the folder has now is a snapshot as well, so that kills met them.
            #expect(totals.snapshots > 0)
            #expect(totals.slowestStart < Self.startMax)
            let acknowledged = writers.reduce(0) { $0 + $1.acknowledgedCount }
            let lost = writers.reduce(0) { $0 + $1.lostCount }
            let half = writers.reduce(0) { $0 + $1.halfCount }
            #expect(lost == 0)
            #expect(half == 0)
            FaultReport.figure(
                "crash rounds",
                "\(rounds) rounds of kill -9, \(totals.startsKilled) more during starts and "
                    + "\(totals.stopsKilled) of them during stops; \(acknowledged) writes "
                    + "acknowledged, \(lost) lost, \(half) half applied; slowest start "
                    + FaultReport.text(totals.slowestStart)
            )
        }
    }
}
