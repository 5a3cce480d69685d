import Foundation
import TestSupport
import Testing

/// Tests with programs and libraries that others wrote, one after another: the machine is small.
@Suite("Real clients", .serialized)
enum RealClients {
    /// The path of a program beside these tests that drives a client.
    static func script(_ name: String) -> String {
        Fixtures.repository.appending(path: "Tests/ClientTests/Scripts/\(name)")
            .path(percentEncoded: false)
    }

    /// The interpreter of an environment that `Tests/python.sh` made, named by its requirements.
    static func python(_ environment: String) throws -> String {
        let path = Fixtures.repository.appending(path: ".build/python/\(environment)/bin/python3")
            .path(percentEncoded: false)
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw UnexpectedAnswer(description: "\(path) is missing; run Tests/python.sh")
        }
        return path
    }

    /// The first block of code below a heading of the page for users of other programs.
    ///
    /// Why from there: what the page shows is what was tested.
    static func documented(_ heading: String) throws -> String {
        let page = "Sources/rollcall/Documentation.docc/Clients.md"
        let text = try String(
            contentsOf: Fixtures.repository.appending(path: page),
            encoding: .utf8
        )
        guard let section = text.range(of: "\n## \(heading)\n"),
            let start = text.range(of: "\n```", range: section.upperBound..<text.endIndex),
            let line = text.range(of: "\n", range: start.upperBound..<text.endIndex),
            let end = text.range(of: "\n```\n", range: line.lowerBound..<text.endIndex)
        else { throw UnexpectedAnswer(description: "no block below \(heading) in \(page)") }
        return text[line.upperBound..<end.lowerBound] + "\n"
    }
}

extension String {
    /// Replaces words that must be there, so that a test notices when the page has changed.
    func with(_ replacements: [(String, String)]) throws -> String {
        try replacements.reduce(self) { text, pair in
            guard text.contains(pair.0) else {
                throw UnexpectedAnswer(description: "\"\(pair.0)\" is not in \(text)")
            }
            return text.replacing(pair.0, with: pair.1)
        }
    }
}
