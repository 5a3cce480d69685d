import Testing

@Suite("Sizes")
struct SizeTests {
    private static let linesMax = 600
    private static let functionLinesMax = 70

    @Test("no file has more than 600 lines")
    func filesAreShort() {
        let findings = SourceFile.all.filter { $0.lines.count - 1 > Self.linesMax }
            .map { "\($0.path): \($0.lines.count - 1) lines, at most \(Self.linesMax)" }
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    @Test("no function has more than 70 lines")
    func functionsAreShort() {
        let findings = SourceFile.all.flatMap { file in
            file.findings { position, line in
                guard let name = Self.functionName(line),
                    let count = Self.lineCount(of: file.lines, from: position),
                    count > Self.functionLinesMax
                else { return nil }
                return "\(name) has \(count) lines, at most \(Self.functionLinesMax)"
            }
        }
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    private static func functionName(_ line: String) -> String? {
        let words = SourceFile.words(line)
        if let position = words.firstIndex(of: "func") {
            return words.count > position + 1 ? words[position + 1] : "func"
        }
        let modifiers: Set = ["package", "public", "private", "fileprivate", "convenience"]
        return words.first { !modifiers.contains($0) && !$0.hasPrefix("@") } == "init"
            ? "init" : nil
    }

    /// Lines up to the brace that closes at the same depth; nil for a requirement without a body.
    private static func lineCount(of lines: [String], from start: Int) -> Int? {
        let indentation = SourceFile.indentation(lines[start])
        for position in start..<lines.count {
            let line = lines[position]
            let isSameDepth = SourceFile.indentation(line) == indentation
            if position > start, isSameDepth, line.dropFirst(indentation).hasPrefix("}") {
                return position - start + 1
            }
            let code = SourceFile.code(line)
            if position == start, code.contains("{"), code.hasSuffix("}") { return 1 }
            if position > start, line.isEmpty || SourceFile.indentation(line) < indentation {
                let head = lines[start..<position].map(SourceFile.code).joined()
                if !head.contains("{") { return nil }
            }
        }
        return nil
    }
}
