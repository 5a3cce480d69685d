import Foundation
import Testing

@Suite("Documentation")
struct DocumentationTests {
    /// Members that a protocol defines: their meaning stands there.
    private static let known: Set = [
        "==", "<", "hash", "encode", "description", "next", "makeAsyncIterator", "run", "validate",
    ]

    @Test("every type at a seam has a doc comment")
    func typesAreDocumented() {
        expectDocumentation { line in
            let words = SourceFile.words(line)
            guard words.contains("package") || words.contains("public") else { return nil }
            return NameTests.declaredType(line)
        }
    }

    @Test("a doc comment opens with one sentence that ends in a full stop")
    func summariesAreSentences() {
        let findings = SourceFile.all.flatMap { file in
            file.findings { position, line in
                let text = line.trimmingCharacters(in: .whitespaces)
                guard text.hasPrefix("/// "),
                    position == 0 || !Self.isComment(file.lines[position - 1])
                else { return nil }
                let paragraph = file.lines[position...].prefix {
                    Self.isComment($0) && $0.trimmingCharacters(in: .whitespaces) != "///"
                }
                let end = paragraph.last?.last
                return end.map { ".:?".contains($0) } ?? false
                    ? nil : "the summary has no full stop"
            }
        }
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    private static func isComment(_ line: String) -> Bool {
        line.trimmingCharacters(in: .whitespaces).hasPrefix("///")
    }

    private func expectDocumentation(of name: (String) -> String?) {
        let findings = SourceFile.all.flatMap { file in
            file.findings { position, line in
                guard let name = name(line), !Self.known.contains(name) else { return nil }
                var above = position - 1
                while above >= 0, Self.isNotDeclaration(file.lines[above]) { above -= 1 }
                let isDocumented = above >= 0 && Self.isComment(file.lines[above])
                return isDocumented ? nil : "\(name) has no doc comment"
            }
        }
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    /// Attributes and plain comments may stand between a doc comment and what it tells about.
    private static func isNotDeclaration(_ line: String) -> Bool {
        let text = line.trimmingCharacters(in: .whitespaces)
        return text.hasPrefix("@") || (text.hasPrefix("//") && !text.hasPrefix("///"))
    }
}
