internal import Yams

/// A YAML file of settings.
struct ConfigurationFile {
    private let document: ConfigurationDocument

    init(
        path: String,
        readFile: (String) throws(FileReadFailure) -> String
    ) throws(ConfigurationError) {
        document = try ConfigurationDocument(path: path, language: "YAML", readFile: readFile)
    }

    /// The settings of the file, in its order.
    func values() throws(ConfigurationError) -> [(setting: Setting, value: RawValue)] {
        guard let root = document.root else { return [] }
        return try values(in: root, section: "")
    }

    private func values(
        in node: Node,
        section: String
    ) throws(ConfigurationError) -> [(setting: Setting, value: RawValue)] {
        guard case .mapping(let mapping) = node else {
            let name = section.isEmpty ? nil : String(section.dropLast())
            throw ConfigurationError(
                document.place(of: node),
                key: name,
                "expected keys and values, found \(document.raw(node).found)"
            )
        }
        var values: [(Setting, RawValue)] = []
        for (keyNode, valueNode) in mapping {
            guard let name = keyNode.scalar?.string else {
                throw ConfigurationError(
                    document.place(of: keyNode),
                    "expected a key, found \(document.raw(keyNode).found)"
                )
            }
            let key = section + name
            if let setting = Setting.all.first(where: { $0.key == key }) {
                values.append((setting, document.raw(valueNode, keyNode: keyNode)))
            } else if Setting.all.contains(where: { $0.key.hasPrefix(key + ".") }) {
                if valueNode.isNothing { continue }
                values += try self.values(in: valueNode, section: key + ".")
            } else {
                throw ConfigurationError(
                    document.place(of: keyNode),
                    key: RawValue.oneLine(key),
                    "unknown key" + KeyHint.suffix(for: key)
                )
            }
        }
        return values
    }
}
