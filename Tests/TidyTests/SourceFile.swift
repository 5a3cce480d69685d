import Foundation
import TestSupport

/// One hand-written Swift file of `Sources`, by lines.
struct SourceFile: Sendable {
    /// From the repository's top, such as `Sources/DNSWire/Header.swift`.
    let path: String
    let room: String
    let lines: [String]

    /// Every file of every room, in order of path.
    static let all: [SourceFile] = {
        let top = Fixtures.repository.appending(path: "Sources").path(percentEncoded: false)
        let names = FileManager.default.enumerator(atPath: top)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".swift") && !$0.hasPrefix("Protos/") }.sorted()
            .compactMap { name in
                guard let text = try? String(contentsOfFile: top + "/" + name, encoding: .utf8)
                else { return nil }
                return SourceFile(
                    path: "Sources/" + name,
                    room: String(name.prefix { $0 != "/" }),
                    lines: text.components(separatedBy: "\n")
                )
            }
    }()

    /// `path:line: text` for each line that fails a rule.
    func findings(_ message: (Int, String) -> String?) -> [String] {
        lines.indices.compactMap { position in
            message(position, lines[position]).map { "\(path):\(position + 1): \($0)" }
        }
    }

    /// A line without the comment at its end and without the texts in quotes.
    static func code(_ line: String) -> String {
        guard !line.trimmingCharacters(in: .whitespaces).hasPrefix("//") else { return "" }
        var code = ""
        var isText = false
        var previous: Character = " "
        for character in line {
            if character == "\"", previous != "\\" { isText.toggle() }
            if !isText, character == "/", previous == "/" { return String(code.dropLast()) }
            if !isText { code.append(character) }
            previous = character == "\\" && previous == "\\" ? " " : character
        }
        return code
    }

    /// Words of a line of code: runs of letters, digits and `_`, with a leading `@`.
    static func words(_ line: String) -> [String] {
        code(line).split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "@") }.map(
            String.init
        )
    }

    static func indentation(_ line: String) -> Int { line.prefix { $0 == " " }.count }
}
