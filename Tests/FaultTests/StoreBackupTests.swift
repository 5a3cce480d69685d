import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("Export, import and snapshot")
    struct StoreBackupTests {
        private static let secret = "5f3b1c7e-0000-4000-8000-2c1d6a9e4b71"
        private static let settings = [
            "ROLLCALL_ACL_ENABLED": "true", "ROLLCALL_ACL_TOKENS_INITIAL_MANAGEMENT": secret,
            "ROLLCALL_ACL_TOKENS_DEFAULT": secret, "ROLLCALL_ACL_TOKENS_DNS": secret,
        ]

        private func command(
            _ server: RollcallProcess,
            _ arguments: String...
        ) async throws -> CommandLineClient.Result {
            try await RollcallProcess.command(
                arguments,
                settings: ["ROLLCALL_HTTP_ADDR": server.url, "ROLLCALL_TOKEN": Self.secret]
            )
        }

        /// The index and the contents of a backup.
        private func read(_ file: String) throws -> (index: Int, contents: JSON) {
            let lines = file.split(separator: "\n", maxSplits: 2)
            guard lines.count == 3,
                let index = lines[1].split(separator: " ").first.flatMap({ Int($0) })
            else { throw UnexpectedAnswer(description: "no backup: \(file.prefix(80))") }
            return (index, try JSON(String(lines[2])))
        }

        /// Without indexes and what a server says of itself, and in one order.
        private func compared(_ contents: JSON) -> [String: Set<JSON>] {
            let own = contents["instances"].list.first { $0["id"].text == "consul" }?["node"].text
            var result: [String: Set<JSON>] = [:]
            for list in contents.keys {
                let kept = contents[list].list.filter { thing in
                    switch list {
                    case "nodes": thing["name"].text != own
                    case "instances": thing["id"].text != "consul"
                    case "checks": thing["id"].text != "serfHealth"
                    default: true
                    }
                }
                result[list] = Set(kept.map(withoutIndexes))
            }
            return result
        }

        private func withoutIndexes(_ value: JSON) -> JSON {
            switch value {
            case .object(let members):
                .object(
                    members.filter { !["createIndex", "modifyIndex"].contains($0.key) }
                        .mapValues(withoutIndexes)
                )
            case .list(let elements): .list(elements.map(withoutIndexes))
            default: value
            }
        }

        /// Writers of all kinds on `server`; ended by `stop`.
        private func write(_ server: RollcallProcess) -> ([CrashWriter], [BackgroundThread]) {
            let writers = (0..<3).map { CrashWriter(number: $0, kind: .mixed, secret: Self.secret) }
            let port = server.httpPort
            return (
                writers,
                writers.map { writer in
                    BackgroundThread { _ in writer.write(to: port, round: 0, mayRefuse: false) }
                }
            )
        }

        private func stop(_ writers: [CrashWriter], _ threads: [BackgroundThread]) async throws {
            for writer in writers { writer.stop() }
            for thread in threads { try await thread.untilEnd() }
        }

        @Test("export, import into an empty server, export: everything is the same")
        func roundTrip() async throws {
            let scratch = try ScratchFolder()
            let first = try await RollcallProcess.start(settings: Self.settings, scratch: scratch)
            let (writers, threads) = write(first)
            let kinds = ["held", "query", "policy", "token", "session", "status", "txn", "import"]
            try await eventually("there is something of everything", within: .seconds(60)) {
                kinds.allSatisfy { kind in
                    writers.contains { !$0.places(kind + "/").isEmpty }
                }
            }
            try await stop(writers, threads)
            let before = try CrashFindings(first, secret: Self.secret)
            for writer in writers { writer.check(before, round: 0) }
            let file = scratch.path("backup")
            let export = try await command(first, "export", file)
            #expect(export.succeeded, "\(export)")
            let inspect = try await RollcallProcess.command(["snapshot", "inspect", file])
            #expect(inspect.output == export.output)
            let exported = try read(try String(contentsOfFile: file, encoding: .utf8)).contents
            #expect(compared(exported).values.allSatisfy { !$0.isEmpty })

            let second = try await RollcallProcess.start(settings: Self.settings)
            let restored = try await command(second, "import", file)
            #expect(restored.succeeded && restored.output == export.output, "\(restored)")
            let after = try CrashFindings(second, secret: Self.secret)
            #expect(after.places == before.places)
            #expect(after.ids == before.ids)
            let again = try read(try second.http("GET", "/v1/snapshot").body).contents
            #expect(compared(again) == compared(exported))

            // The same from the folder of the stopped server.
            #expect(try await first.stop() == .exit(0))
            let offline = try await RollcallProcess.command(
                ["export", scratch.path("offline"), "--data-dir", scratch.path("data")]
            )
            #expect(offline.succeeded, "\(offline)")
            let stored = try String(contentsOfFile: scratch.path("offline"), encoding: .utf8)
            #expect(compared(try read(stored).contents) == compared(exported))
        }

        @Test("exports while everything changes are each of one index")
        func underLoad() async throws {
            let scratch = try ScratchFolder()
            let server = try await RollcallProcess.start(settings: Self.settings, scratch: scratch)
            let (writers, threads) = write(server)
            var lastIndex = 0
            var count = 0
            for number in 0..<12 {
                // Some with the subcommands, most as fast as they come.
                let text: String
                if number.isMultiple(of: 4) {
                    let file = scratch.path("backup-\(number)")
                    let result =
                        number == 0
                        ? try await command(server, "export", file)
                        : try await command(server, "snapshot", "save", file)
                    #expect(result.succeeded, "\(result)")
                    text = try String(contentsOfFile: file, encoding: .utf8)
                } else {
                    text = try server.http("GET", "/v1/snapshot").body
                }
                let (index, contents) = try read(text)
                #expect(index >= lastIndex)
                lastIndex = index
                count += try expectWhole(contents)
            }
            let before = writers.reduce(0) { $0 + $1.acknowledgedCount }
            try await eventually("writes go on") {
                writers.reduce(0) { $0 + $1.acknowledgedCount } > before
            }
            try await stop(writers, threads)
            #expect(count > 0)
            // The last one is a good backup.
            let file = scratch.path("backup-8")
            let empty = try await RollcallProcess.start(settings: Self.settings)
            let restored = try await command(empty, "import", file)
            #expect(restored.succeeded, "\(restored)")
            let findings = try CrashFindings(empty, secret: Self.secret)
            #expect(!findings.places.isEmpty)
            FaultReport.figure(
                "exports under load",
                "12 exports, \(before) writes meanwhile, \(count) transactions found whole, 0 half"
            )
        }

        /// What was written together is there together; returns how many there were.
        private func expectWhole(_ contents: JSON) throws -> Int {
            var values: [String: Set<String>] = [:]
            var members: [String: Int] = [:]
            func note(_ name: String, _ value: String?) {
                values[name, default: []].insert(value ?? "")
                members[name, default: 0] += 1
            }
            let sessions = Set(contents["sessions"].list.compactMap { $0["id"].text })
            for entry in contents["entries"].list {
                let key = entry["key"].text ?? ""
                if let holder = entry["session"].text {
                    #expect(sessions.contains(holder), "\(key)")
                }
                guard key.hasPrefix("left/") || key.hasPrefix("right/") else { continue }
                let value = entry["value"].text ?? "\(entry["value"])"
                note(String(key.drop { $0 != "/" }.dropFirst()), value)
            }
            for (name, found) in values {
                #expect(found.count == 1 && members[name] == 2, "\(name): \(found)")
            }
            let nodes = contents["nodes"].list.filter { $0["name"].text?.hasPrefix("t-w") == true }
            #expect(nodes.count == values.count)
            let instances = contents["instances"].list
            for node in nodes {
                let instance = instances.first { $0["id"].text == node["name"].text }
                #expect(instance?["meta"]["value"].text == node["meta"]["value"].text)
            }
            return values.count
        }

        @Test("refused lines of an import are told one by one, with the server's reason")
        func refusedLines() async throws {
            let scratch = try ScratchFolder()
            let server = try await RollcallProcess.start(["--ephemeral"])
            let bad = #"{"service": "web", "host": "10.0.1.1", "port": 99999}"#
            let file = try scratch.write("\(bad)\nrubbish\n", to: "bad.ndjson")
            let refused = try await command(server, "import", file)
            #expect(refused.end == .exit(1))
            let lines = refused.lines
            #expect(lines.first == "0 registered, 2 refused", "\(refused)")
            #expect(lines.count == 3 && lines[1].hasPrefix("line 1: port"), "\(refused)")
            #expect(lines.last?.hasPrefix("line 2: ") == true, "\(refused)")
            // Only the lines: the description names the scratch folder, whose digits are random.
            #expect(!lines.contains { $0.contains("400") }, "\(refused)")
            let good = #"{"service": "web", "host": "10.0.1.1", "port": 80}"#
            let mixed = try scratch.write("\(good)\n\(bad)\n", to: "mixed.ndjson")
            let some = try await command(server, "import", mixed)
            #expect(some.end == .exit(1))
            #expect(some.lines.first == "1 registered, 1 refused", "\(some)")
            #expect(some.lines.last?.hasPrefix("line 2: port") == true, "\(some)")
            #expect(try server.dns.addresses("web.service.consul") == ["10.0.1.1"])
            // What is no import at all is refused in the server's own words.
            let small = try await RollcallProcess.start(
                ["--ephemeral"],
                settings: ["ROLLCALL_HTTP_IMPORT_BYTES_MAX": "1KiB"]
            )
            let much = try scratch.write(
                String(repeating: good + "\n", count: 100),
                to: "much.ndjson"
            )
            let tooLarge = try await command(small, "import", much)
            #expect(tooLarge.end == .exit(1))
            #expect(tooLarge.errors.contains("1024 bytes"), "\(tooLarge)")
        }
    }
}
