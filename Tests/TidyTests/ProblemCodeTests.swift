import Foundation
import TestSupport
import Testing

@Suite("Problems")
struct ProblemCodeTests {
    /// The codes that the program can tell, from where they are written.
    private static let codes: Set<String> = {
        let pattern = /(?:code: |roblemCode = )"([a-z]+(?:_[a-z]+)+)"/
        return Set(
            SourceFile.all.filter { $0.path.hasPrefix("Sources/rollcall/Daemon/") }
                .flatMap { $0.lines.flatMap { $0.matches(of: pattern).map { String($0.1) } } }
        )
    }()

    @Test("each problem's code stands in the documentation, and a test brings it about")
    func codesAreKnown() throws {
        #expect(Self.codes.count > 10)
        let top = Fixtures.repository
        let page = try String(
            contentsOf: top.appending(
                path: "Sources/rollcall/Documentation.docc/Operating.md"
            ),
            encoding: .utf8
        )
        var tests = ""
        for folder in ["FaultTests", "IntegrationTests", "ClusterTests"] {
            let files = FileManager.default.enumerator(
                at: top.appending(path: "Tests/\(folder)"),
                includingPropertiesForKeys: nil
            )
            for case let file as URL in files ?? .init() where file.pathExtension == "swift" {
                tests += try String(contentsOf: file, encoding: .utf8)
            }
        }
        for code in Self.codes.sorted() {
            #expect(page.contains("`\(code)`"), "\(code) is not on the page Operating")
            #expect(tests.contains("\"\(code)\""), "no test brings \(code) about")
        }
    }
}
