/// A setting's value as `check-config` prints it.
enum ShownValue: Hashable, Sendable {
    case text(String)
    case number(Int)
    case flag(Bool)
    case list([ShownValue])
    case map([String: ShownValue])
}

extension ShownValue: Encodable {
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .flag(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        case .map(let value): try container.encode(value)
        }
    }
}

extension ShownValue: CustomStringConvertible {
    /// YAML that fits one line.
    var description: String {
        switch self {
        case .text(let value):
            value.isEmpty || value.contains(where: { " :#[]{},*\"'".contains($0) })
                ? "\"\(value)\"" : value
        case .number(let value): "\(value)"
        case .flag(let value): "\(value)"
        case .list(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
        case .map(let values):
            "{"
                + values.sorted { $0.key < $1.key }
                .map { "\(ShownValue.text($0.key)): \($0.value)" }.joined(separator: ", ") + "}"
        }
    }
}
