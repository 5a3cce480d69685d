import Foundation
import RegistryAPI
import ServiceCatalog
import Testing

@testable import rollcall

@Suite("Backups as the subcommands see them")
struct BackupTests {
    @Test("things are counted whatever their texts hold")
    func counts() {
        let json = #"""
            {"checks":[],"nodes":[{"a":"x\\","b":[{"c":1},{"d":"}]{"}]},{"e":"\""}],"sessions":[{}]}
            """#
        let counts = BackupCounts(Array(json.utf8)[...])
        #expect(counts["checks"] == 0)
        #expect(counts["nodes"] == 2)
        #expect(counts["sessions"] == 1)
        #expect(counts["other"] == 0)
    }

    @Test("a summary counts what the file holds, and refuses a damaged one")
    func summary() throws {
        var contents = CatalogContents()
        contents.nodes = [Node(name: "n", address: "10.0.0.1", datacenter: "dc1")]
        contents.instances = [
            ServiceInstance(node: "n", id: "a", service: "web", port: 1),
            ServiceInstance(node: "n", id: "b", service: "web", port: 2),
        ]
        contents.entries = [KeyValueEntry(key: "k", value: Array(#"{"[{"#.utf8))]
        var file = try SnapshotFile.write(contents, index: 7)
        let summary = try BackupSummary(file, path: "f")
        #expect(
            summary.line.hasSuffix(
                "1 nodes, 2 instances, 0 checks, 1 keys, 0 sessions, 0 queries, 0 policies, 0 tokens"
            )
        )
        #expect(summary.line.hasPrefix("index 7, \(file.count) bytes"))
        file[file.count - 3] ^= 1
        #expect(throws: CommandFailure.self) { try BackupSummary(file, path: "f") }
    }

    @Test("refused lines of an import are told with their reasons, and not without end")
    func importReport() throws {
        let some = """
            {"imported": 1, "failed": 2, "errors": [
              {"line": 2, "field": "port", "error": "expected a number"},
              {"line": 3, "error": "not JSON"}]}
            """
        let report = try JSONDecoder().decode(ImportCommand.Report.self, from: Data(some.utf8))
        #expect(
            report.lines == [
                "1 registered, 2 refused", "line 2: port: expected a number", "line 3: not JSON",
            ]
        )
        let errors = (1...30).map { #"{"line": \#($0), "error": "no"}"# }
        let many = #"{"imported": 0, "failed": 99, "errors": [\#(errors.joined(separator: ","))]}"#
        let lines = try JSONDecoder().decode(ImportCommand.Report.self, from: Data(many.utf8)).lines
        #expect(lines.count == 22)
        #expect(lines.last == "and 79 more")
    }
}
