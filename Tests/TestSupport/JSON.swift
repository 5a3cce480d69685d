internal import Foundation

/// Any JSON value, for tests that look into a reply.
package enum JSON: Hashable, Sendable, Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case list([JSON])
    case object([String: JSON])

    package init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let flag = try? value.decode(Bool.self) {
            self = .bool(flag)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([JSON].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: JSON].self))
        }
    }

    /// Reads a document.
    package init(_ text: String) throws {
        self = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
    }

    /// The field of an object; null when there is none.
    package subscript(name: String) -> JSON {
        if case .object(let members) = self { members[name] ?? .null } else { .null }
    }

    /// The element of a list; null when there is none.
    package subscript(position: Int) -> JSON {
        list.indices.contains(position) ? list[position] : .null
    }

    package var list: [JSON] {
        if case .list(let elements) = self { elements } else { [] }
    }

    package var keys: [String] {
        if case .object(let members) = self { members.keys.sorted() } else { [] }
    }

    package var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    package var number: Int? {
        if case .number(let number) = self { Int(number) } else { nil }
    }
}
