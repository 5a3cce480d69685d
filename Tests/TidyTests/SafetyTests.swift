import Foundation
import Testing

@Suite("Safety")
struct SafetyTests {
    /// A line of code that promises the compiler something stands under a comment that proves it.
    @Test("what the compiler cannot check has a SAFETY comment")
    func promisesAreProved() {
        let findings = SourceFile.all.flatMap { file in
            file.findings { position, line in
                let code = SourceFile.code(line)
                guard
                    code.contains("@unchecked Sendable") || code.contains("nonisolated(unsafe)")
                else { return nil }
                return Self.hasSafetyComment(above: position, in: file.lines)
                    ? nil : "put a \"// SAFETY:\" comment above"
            }
        }
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    @Test("no error and no optional is waved through")
    func nothingIsForced() {
        let findings = SourceFile.all.flatMap { file in
            file.findings { _, line in
                let code = SourceFile.code(line)
                if code.contains("try!") { return "try!" }
                if code.contains("as!") { return "as!" }
                if code.contains("fatalError(") { return "fatalError" }
                return Self.hasForceUnwrap(code) ? "force unwrap" : nil
            }
        }
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    @Test("no task is started that nobody waits for")
    func tasksAreStructured() {
        // The way from the main thread, which must stay, to all that is async.
        let files = SourceFile.all.filter { !$0.path.hasSuffix("rollcall/Program.swift") }
        let findings = files.flatMap { file in
            file.findings { _, line in
                let code = SourceFile.code(line).replacing("addTask", with: "")
                let isBare = code.contains("Task {") || code.contains("Task.detached")
                return isBare ? "start it in a task group, or as a service" : nil
            }
        }
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    @Test("nothing of the packet path waits, throws or boxes")
    func packetPathIsPlain() {
        let findings = SourceFile.all.filter { $0.room == "DNSResponder" }.flatMap { file in
            file.findings { _, line in
                let words = SourceFile.words(line)
                return words.contains("await") ? "DNSResponder has no async code" : nil
            }
        }
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    private static func hasForceUnwrap(_ code: String) -> Bool {
        var previous: Character = " "
        var characters = Array(code)
        characters.append(" ")
        for (position, character) in characters.dropLast().enumerated() {
            let next = characters[position + 1]
            let endsValue = previous.isLetter || previous.isNumber || ")]_".contains(previous)
            if character == "!", endsValue, next != "=" { return true }
            previous = character
        }
        return false
    }

    /// True when the comment that ends above the line, or above its attributes, says SAFETY.
    private static func hasSafetyComment(above position: Int, in lines: [String]) -> Bool {
        if lines[position].contains("// SAFETY:") { return true }
        var above = position - 1
        while above >= 0 {
            let line = lines[above].trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("//") {
                if line.contains("SAFETY:") { return true }
            } else if !line.hasPrefix("@") {
                return false
            }
            above -= 1
        }
        return false
    }
}
