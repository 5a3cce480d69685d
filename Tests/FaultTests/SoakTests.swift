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

        /// Memory is flat when the line through the last three quarters grows by less than a tenth,
        /// and 8 MB more: the allocator's, which a short run has not filled yet.
        private func judgeMemory(_ samples: ResourceSamples, seconds: Double) {
            let late = samples.late(of: seconds)
            let growth = ResourceSamples.growth(late)
            let first = Double(late.first?.residentKilobytes ?? 0)
            #expect(late.count > 10)
            #expect(growth < first / 10 + 8_192, "\(late.map(\.residentKilobytes))")
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
            func megabytes(_ kilobytes: Double) -> String {
                String(format: "%.1f MB", kilobytes / 1_024)
            }
            func middle(_ share: Double) -> Double {
                let position = Int(Double(late.count) * share)
                return late.indices.contains(position)
                    ? Double(late[position].residentKilobytes) : 0
            }
            FaultReport.figure(
                "soak",
                "\(seconds) s, \(counts.queries) queries, \(counts.changes) changes, "
                    + "\(counts.events) events and blocking queries, \(counts.faults) faults, "
                    + "\(counts.wrongCount) wrong answers, memory "
                    + "\(megabytes(Double(late.first?.residentKilobytes ?? 0))) at 25 % and "
                    + "\(megabytes(Double(late.last?.residentKilobytes ?? 0))) at the end "
                    + "(\(megabytes(middle(1 / 3.0))) at 50 %, \(megabytes(middle(2 / 3.0))) at 75 %; "
                    + "fit: \(megabytes(ResourceSamples.growth(late)))), threads at most "
                    + "\(samples.all.map(\.threads).max() ?? 0), descriptors \(descriptors.before) "
                    + "before, at most \(samples.all.map(\.descriptors).max() ?? 0), "
                    + "\(descriptors.after) after, longest gap without an answer "
                    + "\(FaultReport.text(counts.longestGap)), "
                    + "\(FaultReport.text(counts.longestGapInFault)) with the server stopped"
            )
        }
    }
}
