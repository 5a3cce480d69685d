import DNSWire
import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("Files of the stored catalog that others touch while the server runs")
    struct StoreFilesTests {
        private static let settings = ["ROLLCALL_DATA_FOLD_CHANGES": "16"]

        private func register(_ server: RollcallProcess, _ ids: Range<Int>) throws {
            for id in ids {
                try server.register(
                    #"{"service": "web", "id": "w\#(id)", "host": "10.0.1.\#(id)", "port": 80}"#
                )
            }
        }

        private func expectAll(_ server: RollcallProcess, _ ids: Range<Int>) throws {
            let answer = try server.dns.ask("web.service.consul", .a, over: .tcp).answer
            let addresses = answer.map { RData.text(type: .a, rdata: $0.rdata) }
            #expect(Set(addresses) == Set(ids.map { "10.0.1.\($0)" }))
            let known = try server.http("GET", "/services/web").json.list.compactMap {
                $0["id"].text
            }
            #expect(Set(known) == Set(ids.map { "w\($0)" }))
        }

        private func move(_ scratch: ScratchFolder, _ name: String, to other: String) throws {
            try FileManager.default.moveItem(
                atPath: scratch.path("data/" + name),
                toPath: scratch.path("data/" + other)
            )
        }

        /// What answers say of themselves.
        private func notes(_ server: RollcallProcess) throws -> [ExtendedError] {
            try server.dns.ask("web.service.consul", .a, edns: EDNS(udpPayloadBytes: 1232))
                .edns?.extendedErrors ?? []
        }

        @Test("a journal that is gone: writes are refused, DNS and export go on, until it is back")
        func journalGone() async throws {
            let scratch = try ScratchFolder()
            let server = try await RollcallProcess.start(scratch: scratch)
            try register(server, 1..<4)
            let questioner = Questioner(
                server,
                "web.service.consul",
                expected: (1..<4).map { "10.0.1.\($0)" }
            )
            try move(scratch, "rollcall-journal.sqlite", to: "aside")
            let other = #"{"service": "other", "host": "10.0.2.1", "port": 80}"#
            let refusal = try server.http("POST", "/register", other)
            #expect(refusal.status == 503)
            #expect(refusal.body.contains("removed or replaced"), "\(refusal)")
            #expect(try server.http("GET", "/health").status == 503)
            #expect(try server.problemCodes() == ["catalog_not_stored"])
            let backup = scratch.path("backup")
            let export = try await RollcallProcess.command(
                ["export", backup, "--http-address", server.url]
            )
            #expect(export.succeeded && export.output.contains("4 instances"), "\(export)")
            let findings = try await questioner.stop()
            #expect(findings.wrong.isEmpty && findings.answers > 0, "\(findings.wrong)")
            try move(scratch, "aside", to: "rollcall-journal.sqlite")
            #expect(try server.http("POST", "/register", other).status == 200)
            #expect(try server.http("GET", "/health").body == "{\"status\":\"ok\"}\n")
            server.process.kill()
            try await server.process.untilEnd()
            let second = try await RollcallProcess.start(scratch: scratch)
            try expectAll(second, 1..<4)
            #expect(try second.dns.addresses("other.service.consul") == ["10.0.2.1"])
        }

        @Test("rows that are gone: writes go on, /health says it, and a kill loses nothing")
        func rowsGone() async throws {
            let scratch = try ScratchFolder()
            let first = try await RollcallProcess.start(settings: Self.settings, scratch: scratch)
            try register(first, 1..<30)
            #expect(try await first.stop() == .exit(0))
            let second = try await RollcallProcess.start(settings: Self.settings, scratch: scratch)
            try move(scratch, "rollcall.sqlite", to: "aside")
            try register(second, 30..<60)
            try await eventually("a fold fails") {
                try second.problemCodes() == ["catalog_not_folded"]
            }
            #expect(try second.http("GET", "/health").status == 200)
            try register(second, 60..<70)
            second.process.kill()
            try await second.process.untilEnd()
            let third = try await RollcallProcess.start(settings: Self.settings, scratch: scratch)
            try expectAll(third, 1..<70)
            #expect(try third.problemCodes() == ["catalog_restored"])
        }

        /// Writes over each page of the rows but the first.
        private func overwriteRows(_ scratch: ScratchFolder) throws {
            let file = try FileHandle(
                forUpdating: URL(filePath: scratch.path("data/rollcall.sqlite"))
            )
            let count = try file.seekToEnd()
            for page in stride(from: UInt64(4_096), to: count, by: 4_096) {
                try file.seek(toOffset: page + 100)
                try file.write(contentsOf: Data(repeating: 0x58, count: 3_000))
            }
            try file.close()
        }

        @Test("rows overwritten while the server runs, and after a stop: all there, none stale")
        func rowsOverwritten() async throws {
            let scratch = try ScratchFolder()
            let first = try await RollcallProcess.start(settings: Self.settings, scratch: scratch)
            try register(first, 1..<30)
            #expect(try await first.stop() == .exit(0))
            let second = try await RollcallProcess.start(settings: Self.settings, scratch: scratch)
            try register(second, 30..<35)
            try overwriteRows(scratch)
            let questioner = Questioner(
                second,
                "consul.service.consul",
                expected: ["127.0.0.1"]
            )
            try register(second, 35..<80)
            let findings = try await questioner.stop()
            #expect(findings.wrong.isEmpty, "\(findings.wrong)")
            second.process.kill()
            try await second.process.untilEnd()
            // Folds may have mended the pages meanwhile.
            let third = try await RollcallProcess.start(settings: Self.settings, scratch: scratch)
            try expectAll(third, 1..<80)
            #expect(try notes(third).isEmpty)
            // A stop empties SQLite's log, which has newer pages than the file.
            #expect(try await third.stop() == .exit(0))
            try overwriteRows(scratch)
            let fourth = try await RollcallProcess.start(settings: Self.settings, scratch: scratch)
            try expectAll(fourth, 1..<80)
            #expect(try fourth.problemCodes() == ["catalog_restored"])
            #expect(try fourth.http("GET", "/health").body.contains("nothing is missing"))
            #expect(try notes(fourth).isEmpty)
        }

        @Test("a snapshot that cannot be written: writes go on, and /health says it until one is")
        func snapshotFolderGone() async throws {
            let scratch = try ScratchFolder()
            let server = try await RollcallProcess.start(
                settings: [
                    "ROLLCALL_DATA_SNAPSHOT_INTERVAL": "10ms", "ROLLCALL_DATA_SNAPSHOT_PAUSE": "0s",
                ],
                scratch: scratch
            )
            let folder = scratch.path("data/snapshots")
            try? FileManager.default.removeItem(atPath: folder)
            try Data().write(to: URL(filePath: folder))
            var count = 1
            try await eventually("a snapshot fails") {
                count = count % 200 + 1
                try register(server, count..<count + 1)
                return try server.problemCodes() == ["snapshot_not_written"]
            }
            #expect(try server.http("GET", "/health").status == 200)
            try FileManager.default.removeItem(atPath: folder)
            try await eventually("a snapshot is written") {
                try register(server, 1..<2)
                return try server.problemCodes().isEmpty
            }
        }

        @Test(
            "answers of a restored catalog say so when changes may be missing, until it was seen to"
        )
        func staleAnswers() async throws {
            let scratch = try ScratchFolder()
            let first = try await RollcallProcess.start(scratch: scratch)
            try register(first, 1..<3)
            #expect(try await first.stop() == .exit(0))
            for name in ["rollcall.sqlite", "rollcall-journal.sqlite"] {
                try FileManager.default.removeItem(atPath: scratch.path("data/" + name))
            }
            // It is said after the next start as well.
            for _ in 0..<2 {
                let server = try await RollcallProcess.start(scratch: scratch)
                try expectAll(server, 1..<3)
                try await eventually("answers say it") {
                    try notes(server).map(\.infoCode) == [ExtendedError.staleAnswer]
                }
                let text = try #require(try notes(server).first?.extraText)
                #expect(text.contains("may be missing") && !text.contains("/"), "\(text)")
                #expect(try await server.stop() == .exit(0))
            }
            let server = try await RollcallProcess.start(scratch: scratch)
            try await eventually("answers say it") { try notes(server).count == 1 }
            let folder = try #require(
                try FileManager.default.contentsOfDirectory(atPath: scratch.path("data"))
                    .first { $0.hasPrefix("damaged-") }
            )
            try FileManager.default.moveItem(
                atPath: scratch.path("data/" + folder),
                toPath: scratch.path("seen")
            )
            try await eventually("answers say nothing") { try notes(server).isEmpty }
            #expect(try server.http("GET", "/health").body == "{\"status\":\"ok\"}\n")
        }
    }
}
