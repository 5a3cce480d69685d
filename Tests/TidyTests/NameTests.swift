import Foundation
import Testing

@Suite("Names")
struct NameTests {
    private static let kinds: Set = ["struct", "class", "enum", "actor", "protocol", "typealias"]
    private static let modifiers: Set = [
        "package", "public", "private", "fileprivate", "internal", "final", "indirect",
        "nonisolated",
    ]
    private static let saysNothing = [
        "Manager", "Helper", "Utils", "Utility", "Util", "Core", "Models",
    ]

    /// The name of the type that a line declares.
    static func declaredType(_ line: String) -> String? {
        let words = SourceFile.words(line).filter { !$0.hasPrefix("@") }
        guard let position = words.firstIndex(where: { kinds.contains($0) }),
            words.count > position + 1, words[..<position].allSatisfy({ modifiers.contains($0) })
        else { return nil }
        let name = words[position + 1]
        return ["func", "var", "let"].contains(name) ? nil : name
    }

    @Test("no type and no file is named by a word that says nothing")
    func namesSaySomething() {
        let findings = SourceFile.all.flatMap { file in
            let stem = URL(filePath: file.path).deletingPathExtension().lastPathComponent
            let badFile = Self.saysNothing.filter { stem.hasSuffix($0) }.map {
                "\(file.path): \($0)"
            }
            return badFile
                + file.findings { _, line in
                    guard let name = Self.declaredType(line) else { return nil }
                    return Self.saysNothing.first { name.hasSuffix($0) }.map { "\(name): \($0)" }
                }
        }
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    @Test("no type carries the name of its module")
    func typesAreNotModules() {
        let rooms = Set(SourceFile.all.map(\.room))
        let findings = SourceFile.all.flatMap { file in
            file.findings { _, line in
                Self.declaredType(line).flatMap { rooms.contains($0) ? "\($0) is a module" : nil }
            }
        }
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }
}
