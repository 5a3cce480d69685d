internal import Yams

/// A file of nested keys and values, with the line of each.
struct ConfigurationDocument {
    let path: String
    /// Nil for a file that says nothing.
    let root: Node?

    /// Reads a file; `language` is what it is written in, for messages.
    ///
    /// JSON is read as the YAML that it is.
    init(
        path: String,
        language: String,
        readFile: (String) throws(FileReadFailure) -> String
    ) throws(ConfigurationError) {
        self.path = path
        let text: String
        do {
            text = try readFile(path)
        } catch {
            throw ConfigurationError(.file(path: path, line: nil), error.problem)
        }
        do {
            root = try Yams.compose(yaml: text).flatMap { $0.isNothing ? nil : $0 }
        } catch {
            throw Self.syntaxError(error, path: path, text: text, language: language)
        }
    }

    /// The value that `node` holds; `keyNode` is its key.
    func raw(_ node: Node, keyNode: Node? = nil) -> RawValue {
        // A value that is missing is reported where its key stands.
        let place = place(of: node.isNothing ? keyNode ?? node : node)
        switch node {
        case .scalar(let scalar):
            return RawValue(node.isNothing ? .nothing : .scalar(scalar.string), at: place)
        case .sequence(let sequence):
            return RawValue(.list(sequence.map { raw($0) }), at: place)
        case .mapping(let mapping):
            return RawValue(
                .map(mapping.map { (key: raw($0.key), value: raw($0.value, keyNode: $0.key)) }),
                at: place
            )
        case .alias:
            return RawValue(.nothing, at: place)
        }
    }

    /// Where `node` stands.
    func place(of node: Node) -> ConfigurationError.Place {
        .file(path: path, line: node.mark?.line)
    }

    private static func syntaxError(
        _ error: any Error,
        path: String,
        text: String,
        language: String
    ) -> ConfigurationError {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        func failure(_ line: Int?, key: String? = nil, _ problem: String) -> ConfigurationError {
            // The parser calls the end of a file a line of its own.
            let line = line.map {
                max(1, min($0, text.hasSuffix("\n") ? lines.count - 1 : lines.count))
            }
            return ConfigurationError(
                .file(path: path, line: line),
                key: key,
                RawValue.oneLine(problem)
            )
        }
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return failure(mark.line, "not \(language): \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let key = duplicates.first ?? ""
            // The parser tells where the mapping starts, not where the key comes again.
            let first = max(context.mark.line - 1, 0)
            let places = lines.indices.dropFirst(first).filter {
                lines[$0].drop { " {\"'".contains($0) }.hasPrefix(key)
            }
            let line = places.dropFirst().first ?? first
            return failure(line + 1, key: RawValue.oneLine(key), "is given twice")
        default:
            return failure(nil, "not \(language): \(error)")
        }
    }
}

extension Node {
    /// True for an empty value, `~` and `null`.
    var isNothing: Bool { scalar != nil && null != nil }
}
