import Foundation
import TestSupport
import Testing

@Suite("Samples")
struct SampleTests {
    private static func files(_ folder: String, _ suffix: String) -> [String] {
        let top = Fixtures.repository.appending(path: folder)
        let names = try? FileManager.default.subpathsOfDirectory(
            atPath: top.path(percentEncoded: false)
        )
        return (names ?? []).filter { $0.hasSuffix(suffix) }.sorted().map {
            top.appending(path: $0).path(percentEncoded: false)
        }
    }

    @Test("every sample configuration passes check-config")
    func configurationsAreRight() async throws {
        let files = Self.files("Config", ".yaml")
        #expect(!files.isEmpty)
        for file in files {
            let result = try await RollcallProcess.command(["check-config", "--config", file])
            #expect(result.succeeded, "\(result)")
        }
    }

    @Test("every sample configuration passes check-config with each key in use")
    func configurationsAreRightWithoutCommentMarks() async throws {
        let scratch = try ScratchFolder()
        for file in Self.files("Config", "rollcall.yaml") {
            let text = try String(contentsOfFile: file, encoding: .utf8)
            let lines = text.components(separatedBy: "\n").map { line in
                let indentation = SourceFile.indentation(line)
                let rest = line.dropFirst(indentation)
                let isKey = rest.hasPrefix("#") && rest.dropFirst().first.map(\.isLetter) ?? false
                return isKey ? line.prefix(indentation) + String(rest.dropFirst()) : line
            }
            let name = try scratch.write(lines.joined(separator: "\n"), to: "all.yaml")
            let result = try await RollcallProcess.command(["check-config", "--config", name])
            #expect(result.succeeded, "\(file) with every key: \(result)")
        }
    }

    @Test("every sample zone passes check-zone")
    func zonesAreRight() async throws {
        let files = Self.files("zones", ".zone")
        #expect(!files.isEmpty)
        for file in files {
            let result = try await RollcallProcess.command(["check-zone", file])
            #expect(result.succeeded, "\(result)")
        }
    }

    @Test("every sample zone opens with a comment that says what it shows")
    func zonesAreExplained() throws {
        for file in Self.files("zones", ".zone") {
            let text = try String(contentsOfFile: file, encoding: .utf8)
            #expect(text.hasPrefix("; "), "\(file)")
        }
    }
}
