import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("A soak")
    struct SoakTests {
        @Test("load, churn, flips and faults: no wrong answer, no leak, no descriptor left open")
        func soak() async throws {
            let seconds = FaultLength.number("SOAK_SECONDS", short: 12)
            let server = try await SoakServer()
            let model = SoakModel()
            let ledger = SoakLedger()
            let samples = ResourceSamples()
            let changes = SoakChanges(server, model, ledger, try await SoakBackend())
            try changes.prepare()
            let descriptorsBefore = ResourceSamples.descriptors(of: server.pid)

            // The long form has restarts, all in the first quarter.
            let end = ContinuousClock.now + .seconds(seconds)
            let lastKill = ContinuousClock.now + .seconds(seconds >= 120 ? seconds / 5 : 0)
            let changing = changes.start()
            var threads = SoakWatchers(server: server, ledger: ledger, service: "churn-1").start()
            threads += SoakAskers(
                server: server,
                model: model,
                ledger: ledger,
                services: SoakChanges.services
            ).start()
            let faults = SoakFaults(
                server: server,
                model: model,
                ledger: ledger,
                lastKill: lastKill,
                pauseSeconds: seconds >= 120 ? 1.5...4 : 1.5...2
            ).start()
            while ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(250))
                samples.take(of: server.pid)
                model.prune()
                try #require(!server.hasFailed, "\(server.process.errors)")
            }
            try await faults.stop()
            for thread in changing { try await thread.stop() }
            for thread in threads { try await thread.stop() }

            let counts = ledger.counts
            #expect(counts.wrongCount == 0, "\(counts.wrong.joined(separator: "\n"))")
            #expect(counts.queries > seconds * 50)
            #expect(counts.changes > seconds * 5)
            #expect(counts.events > seconds)
            // A busy machine runs nobody for a while; a server that hangs does so longer.
            #expect(counts.longestGap < .seconds(5))
            judgeMemory(samples, seconds: Double(seconds))
            // Connections that the test left open end by themselves or with their clients.
            try await eventually("all connections are closed", within: .seconds(40)) {
                ResourceSamples.descriptors(of: server.pid) <= descriptorsBefore + 4
            }
            report(
                seconds,
                counts,
                samples,
                descriptors: (descriptorsBefore, ResourceSamples.descriptors(of: server.pid))
            )
        }

        /// Memory and descriptors are flat after the first quarter of the time.
        ///
        /// Of what follows, the median of the last third is at most a twentieth above that of the
        /// first third, and 6 MB more: the changes that wait to be folded, which a short run has
        /// few of. Descriptors likewise, with 16 more.
        private func judgeMemory(_ samples: ResourceSamples, seconds: Double) {
            let late = samples.late(of: seconds)
            #expect(late.count > 10)
            let resident = ResourceSamples.thirds(late, \.residentKilobytes)
            #expect(
                resident.last <= resident.first * 21 / 20 + 6_144,
                "\(resident): \(late.map(\.residentKilobytes))"
            )
            let descriptors = ResourceSamples.thirds(late, \.descriptors)
            #expect(descriptors.last <= descriptors.first + 16, "\(descriptors)")
            #expect((late.map(\.descriptors).max() ?? 0) < 400)
            #expect((late.map(\.threads).max() ?? 0) < 64)
        }

        private func report(
            _ seconds: Int,
            _ counts: SoakLedger.Counts,
            _ samples: ResourceSamples,
            descriptors: (before: Int, after: Int)
        ) {
            let late = samples.late(of: Double(seconds))
            func megabytes(_ kilobytes: Int) -> String {
                String(format: "%.1f MB", Double(kilobytes) / 1_024)
            }
            let resident = ResourceSamples.thirds(late, \.residentKilobytes)
            let open = ResourceSamples.thirds(late, \.descriptors)
            FaultReport.figure(
                "soak",
                "\(seconds) s, \(counts.queries) queries, \(counts.changes) changes, "
                    + "\(counts.events) events and blocking queries, \(counts.faults) faults, "
                    + "\(counts.wrongCount) wrong answers, memory "
                    + "\(megabytes(resident.first)) after a quarter and "
                    + "\(megabytes(resident.last)) at the end (medians of thirds), at most "
                    + "\(megabytes(samples.all.map(\.residentKilobytes).max() ?? 0)), threads at most "
                    + "\(samples.all.map(\.threads).max() ?? 0), descriptors \(descriptors.before) "
                    + "before, \(open.first) and \(open.last) in those thirds, at most "
                    + "\(samples.all.map(\.descriptors).max() ?? 0), "
                    + "\(descriptors.after) after, longest gap without an answer "
                    + "\(FaultReport.text(counts.longestGap)), "
                    + "\(FaultReport.text(counts.longestGapInFault)) with the server stopped"
            )
        }
    }
}
