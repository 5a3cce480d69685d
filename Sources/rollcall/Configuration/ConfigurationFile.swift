internal import Yams

/// A YAML file of settings.
struct ConfigurationFile {
    let path: String
    private let root: Node?

    init(
        path: String,
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
            root = try Yams.compose(yaml: text)
        } catch {
            throw Self.syntaxError(error, path: path, text: text)
        }
    }

    /// The settings of the file, in its order.
    func values() throws(ConfigurationError) -> [(setting: Setting, value: RawValue)] {
        guard let root, !root.isNothing else { return [] }
        return try values(in: root, section: "")
    }

    private func values(
        in node: Node,
        section: String
    ) throws(ConfigurationError) -> [(setting: Setting, value: RawValue)] {
        guard case .mapping(let mapping) = node else {
            let name = section.isEmpty ? nil : String(section.dropLast())
            throw ConfigurationError(
                place(of: node),
                key: name,
                "expected keys and values, found \(raw(node).found)"
            )
        }
        var values: [(Setting, RawValue)] = []
        for (keyNode, valueNode) in mapping {
            guard let name = keyNode.scalar?.string else {
                throw ConfigurationError(
                    place(of: keyNode),
                    "expected a key, found \(raw(keyNode).found)"
                )
            }
            let key = section + name
            if let setting = Setting.all.first(where: { $0.key == key }) {
                values.append((setting, raw(valueNode, keyNode: keyNode)))
            } else if Setting.all.contains(where: { $0.key.hasPrefix(key + ".") }) {
                if valueNode.isNothing { continue }
                values += try self.values(in: valueNode, section: key + ".")
            } else {
                throw ConfigurationError(
                    place(of: keyNode),
                    key: RawValue.oneLine(key),
                    "unknown key" + KeyHint.suffix(for: key)
                )
            }
        }
        return values
    }

    private func raw(_ node: Node, keyNode: Node? = nil) -> RawValue {
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

    private func place(of node: Node) -> ConfigurationError.Place {
        .file(path: path, line: node.mark?.line)
    }

    private static func syntaxError(
        _ error: any Error,
        path: String,
        text: String
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
            return failure(mark.line, "not YAML: \(problem)")
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
            return failure(nil, "not YAML: \(error)")
        }
    }
}

extension Node {
    /// True for an empty value, `~` and `null`.
    fileprivate var isNothing: Bool { scalar != nil && null != nil }
}
