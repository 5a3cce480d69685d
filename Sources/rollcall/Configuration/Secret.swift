/// A secret of the settings: it is used, and never shown.
struct Secret: Hashable, Sendable {
    /// Empty as long as its file was not read.
    var value: String
    /// Where it was read from; nil when it stands in the settings themselves.
    var file: String?

    /// What stands for it wherever settings are printed.
    var shown: String { file.map { Self.filePrefix + $0 } ?? "(hidden)" }

    private static let filePrefix = "file:"

    /// Takes a setting's text: the secret, or `file:` and the path of a file that holds it.
    init(_ text: String) {
        if text.hasPrefix(Self.filePrefix) {
            value = ""
            file = String(text.dropFirst(Self.filePrefix.count))
        } else {
            value = text
            file = nil
        }
    }

    /// Reads the file, if there is one; blanks around the secret in it do not count.
    mutating func load(
        _ readFile: (String) throws(FileReadFailure) -> String
    ) throws(FileReadFailure) {
        guard let file else { return }
        let words = try readFile(file).split(whereSeparator: \.isWhitespace)
        guard words.count == 1 else {
            throw FileReadFailure(problem: "must hold the secret and nothing else")
        }
        value = String(words[0])
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    var description: String { shown }
    var debugDescription: String { shown }
    /// Nothing of it appears in a dump either.
    var customMirror: Mirror { Mirror(self, children: []) }
}

extension SettingForm where Value == Secret? {
    static var secret: SettingForm {
        SettingForm(
            expected: "a secret, or file: and the path of a file that holds it",
            parse: { .some($0.isEmpty ? nil : Secret($0)) },
            show: { .text($0?.shown ?? "") }
        )
    }
}
