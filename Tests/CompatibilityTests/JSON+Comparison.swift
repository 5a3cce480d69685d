import Foundation
import TestSupport
import Yams

extension JSON {
    /// Takes what a YAML document holds.
    init(yaml value: Any?) {
        switch value {
        case nil, is NSNull: self = .null
        case let flag as Bool: self = .bool(flag)
        case let number as Int: self = .number(Double(number))
        case let number as Double: self = .number(number)
        case let text as String: self = .text(text)
        case let list as [Any]: self = .list(list.map { JSON(yaml: $0) })
        case let map as [AnyHashable: Any]:
            self = .object(
                Dictionary(uniqueKeysWithValues: map.map { ("\($0.key)", JSON(yaml: $0.value)) })
            )
        case let other?: preconditionFailure("no JSON value: \(other)")
        }
    }

    /// What `make` makes of fixtures, which are part of the tests: a broken one stops them.
    static func ofFixtures<Value>(_ make: () throws -> Value) -> Value {
        do {
            return try make()
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// Reads a file of `Tests/Fixtures/consul`.
    static func fixture(_ name: String) throws -> JSON {
        let text = try String(contentsOf: Fixtures.url("consul/\(name)"), encoding: .utf8)
        return name.hasSuffix(".json") ? try JSON(text) : JSON(yaml: try Yams.load(yaml: text))
    }

    /// The field of an object; nil when it is not there.
    func member(_ name: String) -> JSON? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    var members: [String: JSON] {
        if case .object(let members) = self { members } else { [:] }
    }

    var isTrue: Bool { self == .bool(true) }

    /// One line of JSON, fields sorted by name.
    var line: String {
        switch self {
        case .null: "null"
        case .bool(let flag): "\(flag)"
        case .number(let number):
            Int(exactly: number).map { "\($0)" } ?? "\(number)"
        case .text(let text): Self.quoted(text)
        case .list(let elements): "[" + elements.map(\.line).joined(separator: ", ") + "]"
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }
                .map { "\(Self.quoted($0.key)): \($0.value.line)" }.joined(separator: ", ") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var line = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": line += "\\\(scalar)"
            case "\n": line += "\\n"
            case "\r": line += "\\r"
            case "\t": line += "\\t"
            case let control where control.value < 0x20:
                line += "\\u00" + (control.value < 16 ? "0" : "") + String(control.value, radix: 16)
            default: line.unicodeScalars.append(scalar)
            }
        }
        return line + "\""
    }

    /// The same with the elements of every list in order of their text.
    var unordered: JSON {
        switch self {
        case .list(let elements):
            .list(elements.map(\.unordered).sorted { $0.line < $1.line })
        case .object(let members): .object(members.mapValues(\.unordered))
        default: self
        }
    }

    /// The value at `path`, such as `0/Node/Address`; nil when there is none.
    func value(at path: some StringProtocol) -> JSON? {
        var value = self
        for part in path.split(separator: "/") {
            switch value {
            case .object(let members):
                guard let member = members[String(part)] else { return nil }
                value = member
            case .list(let elements):
                guard let position = Int(part), elements.indices.contains(position) else {
                    return nil
                }
                value = elements[position]
            default: return nil
            }
        }
        return value
    }

    /// The name that the observed answers have for the kind of value.
    var kind: String {
        switch self {
        case .null: "NoneType"
        case .bool: "bool"
        case .number(let number): Int(exactly: number) == nil ? "float" : "int"
        case .text: "str"
        case .list: "list"
        case .object: "dict"
        }
    }

    /// The same with every text changed, names of fields too.
    func mapTexts(_ change: (String) -> String) -> JSON {
        switch self {
        case .text(let text): .text(change(text))
        case .list(let elements): .list(elements.map { $0.mapTexts(change) })
        case .object(let members):
            .object(
                Dictionary(
                    members.map { (change($0.key), $0.value.mapTexts(change)) },
                    uniquingKeysWith: { first, _ in first }
                )
            )
        default: self
        }
    }
}
