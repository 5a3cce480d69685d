internal import Foundation
internal import Yams

/// Writes the `service` and `check` objects of a configuration file as bodies of the HTTP API.
///
/// The file spells fields with underscores (`alias_node`), the API without. Keys that are data,
/// such as those of `meta`, stay as they are.
enum StanzaJSON {
    /// Which of an object's keys are names of fields.
    private enum Shape {
        case service
        case check
        case serviceAddresses
        case fields
        case data

        /// The shape of what stands under a field.
        func inside(_ field: String) -> Shape {
            switch (self, field) {
            case (.service, "check"), (.service, "checks"): .check
            case (.service, "weights"): .fields
            case (.service, "taggedaddresses"): .serviceAddresses
            default: .data
            }
        }
    }

    static func service(_ node: Node) -> [UInt8] { write(node, .service) }

    static func check(_ node: Node) -> [UInt8] { write(node, .check) }

    private static func write(_ node: Node, _ shape: Shape) -> [UInt8] {
        var text = ""
        append(node, shape, to: &text)
        return Array(text.utf8)
    }

    private static func append(_ node: Node, _ shape: Shape, to text: inout String) {
        switch node {
        case .mapping(let mapping):
            text += "{"
            for (position, pair) in mapping.enumerated() {
                if position > 0 { text += "," }
                let key = pair.key.scalar?.string ?? ""
                var name = key
                var inner = Shape.data
                switch shape {
                case .service, .check, .fields:
                    name = key.lowercased().filter { $0 != "_" }
                    inner = shape.inside(name)
                    // A check inside a service has its id under this name only.
                    if case .check = shape, name == "id" { name = "checkid" }
                case .serviceAddresses: inner = .fields
                case .data: break
                }
                text += quoted(name) + ":"
                append(pair.value, inner, to: &text)
            }
            text += "}"
        case .sequence(let elements):
            text += "["
            for (position, element) in elements.enumerated() {
                if position > 0 { text += "," }
                append(element, shape, to: &text)
            }
            text += "]"
        case .scalar(let scalar):
            let isText = node.tag.description == Tag.Name.str.rawValue
            if node.isNothing {
                text += "null"
            } else if isText || scalar.style == .doubleQuoted || scalar.style == .singleQuoted {
                text += quoted(scalar.string)
            } else {
                text += scalar.string
            }
        case .alias:
            text += "null"
        }
    }

    private static func quoted(_ text: String) -> String {
        guard let json = try? JSONEncoder().encode(text) else { return "\"\"" }
        return String(decoding: json, as: UTF8.self)
    }
}
